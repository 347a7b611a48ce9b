// Reads a site from its files, as after a double click on index.html, and prints what happened as one JSON object.
//
// usage: node offline.mjs PACKAGE_JSON CHROMIUM FOLDER PAGE…
//   PACKAGE_JSON  whose node_modules hold playwright-core
//   FOLDER        of the site; of each page it is told what went wrong, and what its quiz, cells and search do
import { pathToFileURL } from 'node:url';
import { launch } from './chromium.mjs';

const [packages, executablePath, folder, ...paths] = process.argv.slice(2);

const root = pathToFileURL(`${folder}/`);
const browser = await launch(packages, executablePath);
const facts = {};
try {
  const context = await browser.newContext();
  for (const path of paths) {
    const wrong = [];
    const page = await context.newPage();
    page.on('console', message => message.type() === 'error' && wrong.push(`console error: ${message.text()}`));
    page.on('pageerror', error => wrong.push(`console error: ${error}`));
    page.on('requestfailed', request => wrong.push(`failed request: ${request.url()}`));
    await page.goto(new URL(path, root).href, { waitUntil: 'load' });
    const told = { wrong };
    facts[path] = told;
    told.accent = await page.evaluate(
      () => getComputedStyle(document.documentElement).getPropertyValue('--course-accent'));

    const run = page.locator('button.live-run').first();
    if (await run.count()) {
      await run.click();
      told.cell = await page.locator('.live-status').first().textContent();
    }
    const quiz = page.locator('form.quiz:has(input[type=radio])').first();
    if (await quiz.count()) {
      await quiz.locator('input[type=radio]').nth(1).check();
      await quiz.locator('button[type=submit]').click();
      told.verdict = await quiz.locator('.quiz-verdict').textContent();
      await page.reload();
      told.kept = await quiz.locator('input[type=radio]').nth(1).isChecked();
    }
    if (path.startsWith('search.html')) {
      await page.locator('#search-results li a').first().waitFor({ timeout: 20_000 });
      told.found = await page.locator('#search-results li a').first().getAttribute('href');
    }
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
