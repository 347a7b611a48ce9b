// Uses live cells as a reader does, in a browser, and prints what is wrong, as one JSON list of sentences.
//
// usage: node live.mjs PACKAGE_JSON BROWSER ADDRESS STEPS [SABOTAGE]
//   ADDRESS   of a page; its first cell prints something
//   STEPS     names of functions below, with commas between them
//   SABOTAGE  a script that runs first: it shows that the step can fail
import { RULES, axeOf, launch } from './chromium.mjs';

const [packages, executablePath, address, names, sabotage = ''] = process.argv.slice(2);
const axe = axeOf(packages);
const PATIENCE = sabotage ? 10_000 : 90_000;  // milliseconds; a machine may be busy

// Firefox says this whenever a worker that runs WebAssembly is ended; no page can prevent it.
const ENDED = 'uncaught exception: undefined';

const found = [];
const check = (holds, sentence) => { if (!holds) found.push(sentence); };

const browser = await launch(packages, executablePath);

async function open(options = {}) {  // a page of a reader who has never been here
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  if (sabotage) await context.addInitScript(sabotage);
  const page = await context.newPage();
  // What Pyodide says when it ends is expected where a step ends it.
  const expected = /\bfall\b/.test(names)
    ? /^(Pyodide has suffered|The cause of the fatal error|RangeError|InternalError|Exit|Error$)/ : /^$/;
  page.on('console', message => message.type() === 'error' && !expected.test(message.text()) &&
    found.push(`console error: ${message.text()}`));
  page.on('pageerror', error => String(error) !== ENDED && !expected.test(error) && found.push(`console error: ${error}`));
  page.on('requestfailed', request => found.push(`failed request: ${request.url()}`));
  page.on('response', response => response.status() >= 400 && found.push(`failed request: ${response.url()}`));
  context.on('request', request => {
    const { protocol, origin, href } = new URL(request.url());
    if (/^(http|ws)/.test(protocol) && origin !== new URL(address).origin) found.push(`external request: ${href}`);
  });
  await page.goto(address, { waitUntil: 'networkidle' });
  return page;
}

const cell = (page, number) => ({
  press: word => page.getByRole('button', { name: `${word} cell ${number}`, exact: true }).click(),
  status: () => page.locator('.live-bar').nth(number - 1).locator('.live-status'),
  says: (word) => page.locator('.live-bar').nth(number - 1).locator('.live-status', { hasText: word }).waitFor(),
  output: () => page.locator('div.cell', { has: page.getByRole('button', { name: `Edit cell ${number}`, exact: true }) })
    .locator('.live-output'),
});

async function select(page, number) {
  await page.locator('div.cell', { has: page.getByRole('button', { name: `Edit cell ${number}`, exact: true }) })
    .locator('.cm-content').waitFor();
  await page.keyboard.press('ControlOrMeta+A');
}

async function rewrite(page, code) {  // key by key
  await select(page, 1);
  await page.keyboard.type(code);
}

async function paste(page, code, number = 1) {
  await select(page, number);
  await page.keyboard.insertText(code);
}

// Whether everybody can use the page as it is now.
async function inspect(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  check(!wide, `the page is too wide at ${page.viewportSize().width} px`);
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(runOnly => globalThis.axe.run(document, { runOnly }), RULES);
  for (const { id, nodes } of violations) for (const { html } of nodes) found.push(`${id}: ${html.slice(0, 200)}`);
}

const cellOf = part => part.locator('xpath=ancestor::div[contains(concat(" ", @class, " "), " cell ")]');

async function ask(explorer, field, value) {
  const form = explorer.locator('form').nth(field);
  await form.locator('input').evaluate(input => { input.value = ''; });  // Firefox fills numbers up
  await form.locator('input').fill(String(value));
  await form.getByRole('button', { name: 'Draw' }).click();
}

const steps = {
  // A cell runs, and so do those above it; nothing came before the first use.
  async run() {
    const page = await open();
    check(!(await page.evaluate(() => performance.getEntriesByType('resource').map(each => each.name)))
      .some(name => /pyodide|codemirror|snapshot/.test(name)), 'Python or the editor came before the first use');
    const last = await page.locator('.live-bar').count();
    await cell(page, last).press('Run');
    await cell(page, last).says(/Done in|ailed|stopped|cannot/);
    for (let number = 1; number <= last; number++)
      {
      const words = await cell(page, number).status().textContent();
      check(/Done in/.test(words), `cell ${number} did not run: ${words}`);
    }
    check(await cell(page, last).status().getAttribute('aria-live') === 'polite', 'what happens is not announced');
  },

  // An edited cell runs as it was edited, is kept by the browser, and can be brought back.
  async edit() {
    const page = await open();
    const first = cell(page, 1);
    const original = await page.locator('.cell_input').first().innerText();
    await first.press('Edit');
    await rewrite(page, 'print("mine", 6 * 7)');
    await first.press('Run');
    await first.says(/Done in/);
    check((await first.output().innerText()).trim() === 'mine 42', 'the edited code did not run');
    check(/mine 42/.test(await first.status().textContent()), 'the output is not announced');
    await page.reload();
    await page.locator('.cm-content', { hasText: 'mine' }).waitFor();
    await first.press('Reset');
    check(await page.locator('.cell_input').first().innerText() === original, 'Reset does not bring back the code');
    await page.reload();
    check(await page.locator('.cell_input').first().innerText() === original, 'Reset is forgotten');
  },

  // A mistake is told by the reader's own lines.
  async fail() {
    const page = await open();
    await cell(page, 1).press('Edit');
    await rewrite(page, 'divide = lambda: 1 / 0\n\n\ndivide()');
    await cell(page, 1).press('Run');
    await cell(page, 1).says('Failed');
    const text = await cell(page, 1).output().innerText();
    check(/^Traceback[^]*<cell 1>", line 4[^]*<cell 1>", line 1[^]*ZeroDivisionError/.test(text), `unclear: ${text}`);
    check(text.match(/File /g)?.length === 2, `lines of others: ${text}`);
  },

  // A loop without an end is stopped, whether it is silent or floods the page, and then all works again.
  async stop() {
    const page = await open();
    for (const loop of ['while True: pass', 'while True: print("more")']) {
      await cell(page, 1).press('Edit');
      await rewrite(page, loop);
      await cell(page, 1).press('Run');
      await cell(page, 1).says(/Running/);
      await page.waitForTimeout(1500);
      const begun = Date.now();
      await cell(page, 1).press('Stop');
      await cell(page, 1).says(/Stopped/);
      check(Date.now() - begun < 5000, 'the page hangs while a loop runs');
      // Chromium gives a busy worker two seconds.
      for (let tries = 0; tries < 50 && page.workers().length; tries++) await page.waitForTimeout(200);
      check(page.workers().length === 0, 'the loop goes on');
      await cell(page, 1).press('Edit');
      await rewrite(page, 'print("alive")');
      await cell(page, 1).press('Run');
      await cell(page, 1).says(/Done in/);
      check((await cell(page, 1).output().innerText()).trim() === 'alive', 'nothing runs after a stop');
      await cell(page, 1).press('Reset');
    }
  },

  // All of it with the keyboard alone.
  async keyboard() {
    const page = await open();
    const at = async name => {
      const label = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
      check(label?.startsWith(name), `the focus is on ${label} and not on ${name}`);
    };
    const bar = page.locator('.live-bar').first();
    await bar.getByRole('button', { name: 'Run' }).focus();
    await page.keyboard.press('Tab');
    await at('Edit cell 1');
    await page.keyboard.press('Enter');
    await page.locator('.cm-content').waitFor();
    await at('Code of cell 1');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('while True:\nprint(1)');  // the editor indents
    await page.keyboard.press('Escape');
    await at('Run cell 1');
    await page.keyboard.press('Enter');
    await cell(page, 1).says(/Running/);
    await at('Stop cell 1');
    await page.keyboard.press('Enter');
    await cell(page, 1).says(/Stopped/);
    await at('Run cell 1');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await at('Reset cell 1');
    await page.keyboard.press('Enter');
    await at('Run cell 1');
  },

  // Opened from a file, where a browser starts no worker, a page says what to do.
  async file() {
    const page = await open();
    await cell(page, 1).press('Run');
    await cell(page, 1).says(/python3 -m http.server/);
  },

  // An explorer draws what nobody has drawn before: beside the ready-made pictures, for several parameters too.
  async explore() {
    const page = await open({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    const [one, two] = [page.locator('.ds-explorer').nth(0), page.locator('.ds-explorer').nth(1)];
    const status = explorer => cellOf(explorer).locator('.live-status');
    const says = (explorer, word) => status(explorer).filter({ hasText: word }).waitFor();
    const seen = async explorer => (await explorer.locator('> [data-frame]:visible svg[role=img] > title').allTextContents()).join();
    check(await one.getByRole('radio').count() === 4, 'the ready-made choices are not those of the page');

    await ask(one, 0, 16);
    await says(one, 'Drawn in');
    check(await seen(one) === 'Three nodes, 16 points each', `the value that was asked for is not shown: ${await seen(one)}`);
    check(await one.getByRole('radio', { name: '16', exact: true }).isChecked(), 'the new value is no choice');
    check(/Drawn: 16\. Three nodes, 16 points each/.test(await status(one).textContent()), 'the picture is not announced');
    await one.getByRole('radio', { name: '4', exact: true }).check();
    check(await seen(one) === 'Three nodes, 4 points each', 'the ready-made pictures are gone');
    await one.getByRole('radio', { name: '16', exact: true }).check();
    check(await seen(one) === 'Three nodes, 16 points each', 'the new picture is gone');

    await ask(one, 0, 41);
    check(!(await status(one).textContent()).includes('Failed'), 'the browser lets a value pass that is out of range');
    await one.locator('form').evaluate(form => { form.noValidate = true; });
    await ask(one, 0, 41);
    await says(one, 'Failed');
    const why = (await one.locator('.live-said').innerText()).trim();
    check(why === 'Points for each node: “41” is not a whole number from 1 to 40.', `unclear: ${why}`);
    check(await seen(one) === 'Three nodes, 16 points each', 'a wrong value takes the picture away');

    await ask(two, 1, 7);
    await says(two, 'Drawn in');
    check(await seen(two) === 'Loss 0 %, seed 7', `two parameters: ${await seen(two)}`);
    await two.getByRole('radio', { name: '50', exact: true }).check();
    await two.locator('title', { hasText: 'Loss 50 %, seed 7' }).waitFor({ state: 'attached' });
    check(await seen(two) === 'Loss 50 %, seed 7', `a new value with the other choices: ${await seen(two)}`);
    const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(each => each.id));
    check(new Set(ids).size === ids.length, 'two elements have one id');
    await inspect(page);
  },

  // An explorer says which code its pictures are of, draws with the edited code, fails as cells do, and stops.
  async redraw() {
    const page = await open();
    const explorer = page.locator('.ds-explorer').first();
    const box = cellOf(explorer);
    const number = Number((await box.locator('.live-run').getAttribute('aria-label')).split(' ').at(-1));
    const status = word => box.locator('.live-status', { hasText: word }).waitFor();
    const write = async code => { await cell(page, number).press('Edit'); await paste(page, code, number); };
    const points = body => `from distsys.draw.explorer import Explorer\n\ndef points(count):\n    ${body}\n` +
      '    return ring([(0.5, "n1")], title=f"Mine, {count}")\n\nExplorer(points, [1, 2], "Points")';
    const warning = explorer.locator('.live-why');
    check(!await warning.isVisible(), 'a warning though nothing has changed');

    await write(points('pass'));
    check((await warning.textContent()).startsWith('This cell has changed:'), 'no word that the pictures are of other code');
    await ask(explorer, 0, 16);
    await status('Drawn in');
    check(!await warning.isVisible(), 'a warning though the pictures are new');
    const titles = await explorer.locator('svg[role=img] > title').allTextContents();
    check(titles.join() === 'Mine, 1,Mine, 2,Mine, 16', `the edited code has not drawn: ${titles.join()}`);
    await cell(page, 1).press('Edit');
    await paste(page, 'from distsys.draw.ring import ring  # the same', 1);
    check((await warning.textContent()).startsWith('Cell 1 above has changed:'), 'no word of a change above');

    await write(points('assert count < 9, "too many"'));
    await ask(explorer, 0, 17);
    await status('Failed');
    const text = await explorer.locator('.live-said').innerText();
    check(/^Traceback[^]*line \d, in points[^]*AssertionError: too many$/.test(text.trim()) && text.match(/File /g).length === 1,
      `unclear: ${text}`);
    check(await explorer.getByRole('radio').first().isChecked(), 'the choice has no picture');

    await write(points('while count > 8: pass'));
    await ask(explorer, 0, 18);
    await box.getByRole('button', { name: 'Stop' }).waitFor();
    await status('Running');
    await page.waitForTimeout(1500);
    await box.getByRole('button', { name: 'Stop' }).click();
    await status('Stopped');
    check(await explorer.locator('.live-held').count() === 0, 'the picture stays pale');
    await ask(explorer, 0, 3);
    await status('Drawn in');
  },

  // What ends Python itself is told in a sentence, and the next run has a new one.
  async fall() {
    const page = await open();
    for (const code of ['import os; os._exit(1)', 'x = []\nfor _ in range(10**5): x = [x]\nrepr(x)']) {
      await cell(page, 1).press('Edit');
      await paste(page, code);
      await cell(page, 1).press('Run');
      await cell(page, 1).says('Python itself has fallen over');
      await cell(page, 1).press('Edit');
      await paste(page, 'print("alive")');
      await cell(page, 1).press('Run');
      await cell(page, 1).says('Done in');
    }
    // What a cell has broken is whole again after Reset.
    await cell(page, 1).press('Edit');
    await paste(page, 'import builtins\ndel builtins.print');
    await cell(page, 1).press('Run');
    await cell(page, 1).says('Done in');
    await cell(page, 1).press('Reset');
    await cell(page, 1).press('Run');
    await cell(page, 1).says('Done in');
  },

  // A cell below those that ran before Python was stopped finds what they define.
  async again() {
    const page = await open();
    const last = await page.locator('.live-bar').count();
    await cell(page, last).press('Edit');
    await paste(page, 'while True: pass', last);
    await cell(page, last).press('Run');
    await cell(page, last).says('Running …');
    await page.waitForTimeout(500);
    await cell(page, last).press('Stop');
    await cell(page, last).says('Stopped');
    await cell(page, last).press('Reset');
    await cell(page, last).press('Run');
    await cell(page, last).says('Done in');
  },

  // Everybody can use it: at any width, in the dark, with an editor open and an error shown.
  async everybody() {
    for (const options of [{}, { colorScheme: 'dark' }, { viewport: { width: 390, height: 844 } }]) {
      const page = await open(options);
      await cell(page, 1).press('Edit');
      await rewrite(page, 'print("wide " * 60)\nprint(undefined)  # ');
      await page.keyboard.insertText('wide '.repeat(60));
      await cell(page, 1).press('Run');
      await cell(page, 1).says('Failed');
      await inspect(page);
      await page.context().close();
    }
  },
};

for (const name of names.split(',')) {
  try {
    await steps[name]();
  } catch (error) {
    found.push(`${name}: ${error.message.split('\n')[0]}`);
  }
}
await browser.close();
console.log(JSON.stringify(found));
