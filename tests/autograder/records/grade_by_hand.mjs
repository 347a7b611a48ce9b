// Grades a submission by hand in formgrader, as a teacher would, and prints what happened as JSON.
//
// usage: node grade_by_hand.mjs PACKAGE_JSON CHROMIUM ORIGIN CHAPTER SUBMISSION PICTURES
//   PACKAGE_JSON  whose node_modules hold playwright-core
//   ORIGIN        of the server, for instance http://127.0.0.1:8888
//   SUBMISSION    id of a submitted notebook
//   PICTURES      folder for screenshots; empty for none
import { launch } from '../../site/chromium.mjs';

const [packages, executablePath, origin, chapter, submission, pictures] = process.argv.slice(2);

const browser = await launch(packages, executablePath);
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
const seen = { dialogs: 0, broken: [] };
page.on('dialog', dialog => { seen.dialogs += 1; dialog.dismiss(); });
page.on('response', answer => {
  if (answer.status() >= 400 && answer.url().includes('/formgrader/')) seen.broken.push(answer.url());
});
const picture = name => pictures && page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });

try {
  await page.goto(`${origin}/formgrader/gradebook/${chapter}/${chapter}`);
  await page.waitForSelector('table.dataTable tbody tr a, table tbody tr a');
  seen.listed = await page.locator('table tbody tr').count();
  await picture('gradebook');

  await page.goto(`${origin}/formgrader/submissions/${submission}/`);
  await page.waitForFunction(() => globalThis.formgrader?.grades?.loaded && globalThis.formgrader?.comments?.loaded);
  seen.title = await page.title();
  seen.text = await page.locator('#notebook').first().innerText();
  seen.scripts = await page.locator('#notebook script').count();
  seen.score = await page.locator('input.score').first().getAttribute('placeholder');
  seen.why = await page.locator('textarea.comment').first().getAttribute('placeholder');
  await picture('submission');

  const saved = path => page.waitForResponse(answer => answer.url().includes(path) && answer.request().method() === 'PUT');
  await Promise.all([saved('/api/grade/'), page.locator('input.score').first().fill('0.5').then(() => page.keyboard.press('Tab'))]);
  await Promise.all([saved('/api/comment/'), page.locator('textarea.comment').first().fill('Half a point for the idea.').then(() => page.keyboard.press('Tab'))]);
  await picture('graded');
  if (pictures) {
    await page.goto(`${origin}/formgrader/manage_submissions/${chapter}`);
    await page.waitForSelector('table tbody tr a');
    await picture('manage');
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
