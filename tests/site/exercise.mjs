// Solves an exercise in the browser as a student does: the steps that lite.mjs and journey.mjs share.

/** What nbgrader's own buttons are called; they talk to a server, and here is none. */
const SERVER = /nbgrader|formgrader|assignment|validate/i;

/** Listens to all that must not happen, on every page of a context; `found` gets the sentences. */
export function watch(context, origin, found) {
  context.on('request', request => {
    const url = new URL(request.url());
    if (/^(http|ws)/.test(url.protocol) && url.origin !== origin) found.push(`external request: ${url.href}`);
  });
  context.on('requestfailed', request => {
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') found.push(`failed request: ${request.url()}`);
  });
  context.on('response', response => response.status() >= 400 && found.push(`failed request: ${response.url()}`));
  context.on('console', message => message.type() === 'error' && found.push(`console error: ${message.text()}`));
  context.on('weberror', error => found.push(`console error: ${error.error()}`));
}

const codeCell = (page, index) => page.locator('.jp-Notebook-cell').nth(index);
const editor = (page, index) => codeCell(page, index).locator('.cm-content');

/** Chooses an entry of a menu. */
export async function choose(page, menu, entry) {
  await page.locator('.lm-MenuBar-itemLabel').getByText(menu, { exact: true }).click();
  await page.locator('.lm-Menu-itemLabel').getByText(entry, { exact: true }).click();
}

/** Waits until a notebook can be read, and looks for what would puzzle a student. */
export async function opened(page, found) {
  await page.locator('.jp-CodeCell .cm-content').first().waitFor();
  const bar = page.locator('#course-bar');
  if (!/kept in this browser/.test(await bar.innerText())) found.push('nobody says where the work is kept');
  const words = [];
  for (const menu of await page.locator('.lm-MenuBar-itemLabel').all()) {
    await menu.click();
    words.push(await menu.innerText(), ...await page.locator('.lm-Menu-itemLabel').allInnerTexts());
    await page.keyboard.press('Escape');
  }
  words.push(...await page.locator('.jp-Toolbar-item').allInnerTexts());
  for (const word of words) if (SERVER.test(word)) found.push(`a button that needs a server: ${word}`);
}

/** Runs all cells and waits for the end; gives the text of every error. */
export async function runAll(page, last) {
  await choose(page, 'Edit', 'Clear Outputs of All Cells');
  await choose(page, 'Run', 'Run All Cells');
  const errors = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]');
  const done = codeCell(page, last).locator('.jp-InputPrompt', { hasText: /\[\d+\]/ });
  await done.or(errors).first().waitFor();
  if (await page.locator('.jp-Dialog').count()) return [await page.locator('.jp-Dialog').innerText()];
  return errors.allInnerTexts();
}

/** Replaces the code of cells, given as pairs of a place and a text. */
export async function rewrite(page, answers) {
  for (const [index, text] of answers) {
    await editor(page, index).click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(text);
  }
}

/** Saves, downloads, and gives the suggested name. */
export async function download(page, path) {
  await choose(page, 'File', 'Save Notebook');
  const coming = page.waitForEvent('download');
  await choose(page, 'File', 'Download');
  const file = await coming;
  await file.saveAs(path);
  return file.suggestedFilename();
}

/** All of it, from the opened notebook to the downloaded file; `shot` takes a picture under a name. */
export async function solve(page, { answers, last, out }, found, shot = () => {}) {
  await opened(page, found);
  const unsolved = await runAll(page, last);
  if (!/This exercise is not solved yet/.test(unsolved[0])) found.push(`unsolved, it says: ${unsolved[0]}`);
  await page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').first().scrollIntoViewIfNeeded();
  await shot('exercise-unsolved');
  await rewrite(page, answers);
  for (const text of await runAll(page, last)) found.push(`a check fails: ${text}`);
  await codeCell(page, answers[0][0]).scrollIntoViewIfNeeded();
  await shot('exercise-solved');
  const name = await download(page, out);
  await page.reload();
  await editor(page, answers[0][0]).waitFor();
  const kept = await editor(page, answers[0][0]).innerText();
  if (kept.replace(/\s/g, '') !== answers[0][1].replace(/\s/g, '')) found.push('the work is not kept');
  return name;
}
