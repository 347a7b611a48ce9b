// Opens exercises in the browser, in Chromium, and prints what is wrong, as one JSON list of sentences.
//
// usage: node lite.mjs PACKAGE_JSON CHROMIUM ADDRESS PLAN [SABOTAGE]
//   ADDRESS   of a chapter
//   PLAN      JSON: how to solve its notebook, see exercise.mjs; {} only opens it
//   SABOTAGE  a script that runs first: it shows that the gate can fail
import { launch } from './chromium.mjs';
import { opened, solve, watch } from './exercise.mjs';

const [packages, executablePath, address, plan, sabotage = ''] = process.argv.slice(2);
const found = [];
const browser = await launch(packages, executablePath);
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
context.setDefaultTimeout(120_000);  // milliseconds; a machine may be busy
if (sabotage) await context.addInitScript(sabotage);
watch(context, new URL(address).origin, found);
const page = await context.newPage();
try {
  await page.goto(address);
  await page.getByRole('link', { name: 'Solve it in the browser' }).click();
  const { answers, ...rest } = JSON.parse(plan);
  if (answers) await solve(page, { answers, ...rest }, found);
  else await opened(page, found);
} catch (error) {
  found.push(String(error));
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
