// Uses the course as a reader does: from the landing page to a solved exercise, in one visit.
// Prints what is wrong, as one JSON list of sentences, and keeps a picture of each step.
//
// usage: node journey.mjs PACKAGE_JSON CHROMIUM ORIGIN TITLE PLAN PICTURES
//   TITLE     of the chapter
//   PLAN      JSON: how to solve its notebook, see exercise.mjs; and the quiz to answer, {label, right}
//   PICTURES  a folder
import { MODES, launch } from './chromium.mjs';
import { solve, watch } from './exercise.mjs';

const [packages, executablePath, origin, title, plan, pictures] = process.argv.slice(2);
const { quiz, ...exercise } = JSON.parse(plan);
const found = [];
const browser = await launch(packages, executablePath);
const context = await browser.newContext(MODES.light);
context.setDefaultTimeout(120_000);  // milliseconds; a machine may be busy
watch(context, origin, found);
const page = await context.newPage();
let taken = 0;
const shot = name => page.screenshot({ path: `${pictures}/${String(++taken).padStart(2, '0')}-${name}.png` });

async function as({ colorScheme, viewport }) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
}

const steps = {
  async 'landing page'() {
    await page.goto(`${origin}/index.html`, { waitUntil: 'networkidle' });
    await shot('landing');
    await page.locator('main').getByRole('link', { name: title }).first().click();
  },

  async chapter() {
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await shot('chapter');
    for (const mode of ['dark', '390 px']) {
      await as(MODES[mode]);
      await shot(`chapter-${mode.replace(' ', '')}`);
    }
    await as(MODES.light);
  },

  async 'live cell'() {
    const button = word => page.getByRole('button', { name: `${word} cell 1`, exact: true });
    await button('Edit').click();
    await page.locator('.cm-content').first().waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText('print("mine", 6 * 7)');
    await button('Run').click();
    await page.locator('.live-output', { hasText: 'mine 42' }).waitFor();
    await shot('live-cell');
  },

  async quiz() {
    const form = page.locator(`form[data-label="${quiz.label}"]`);
    await form.getByText(quiz.right).click();
    await form.getByRole('button', { name: 'Check' }).click();
    await form.getByRole('status').getByText(/^Right\./).waitFor();
    await form.scrollIntoViewIfNeeded();
    await shot('quiz');
  },

  async exercise() {
    const link = page.getByRole('link', { name: 'Solve it in the browser' });
    await link.scrollIntoViewIfNeeded();
    await shot('exercise-links');
    await link.click();
    const name = await solve(page, exercise, found, shot);
    if (!exercise.out.endsWith(name)) found.push(`the downloaded file is called ${name}`);
    await page.getByRole('link', { name: 'Back to the chapter' }).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
  },
};

let step;
try {
  for (step of Object.keys(steps)) await steps[step]();
} catch (error) {
  found.push(`${step}: ${error}`);
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
