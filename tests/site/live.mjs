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
  page.on('console', message => message.type() === 'error' && found.push(`console error: ${message.text()}`));
  page.on('pageerror', error => String(error) !== ENDED && found.push(`console error: ${error}`));
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

async function rewrite(page, code) {
  await page.locator('.cm-content').first().waitFor();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(code);
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

  // Everybody can use it: at any width, in the dark, with an editor open and an error shown.
  async everybody() {
    for (const options of [{}, { colorScheme: 'dark' }, { viewport: { width: 390, height: 844 } }]) {
      const page = await open(options);
      await cell(page, 1).press('Edit');
      await rewrite(page, 'print("wide " * 60)\nprint(undefined)  # ');
      await page.keyboard.insertText('wide '.repeat(60));
      await cell(page, 1).press('Run');
      await cell(page, 1).says('Failed');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      check(!wide, `the page is too wide at ${page.viewportSize().width} px`);
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(runOnly => globalThis.axe.run(document, { runOnly }), RULES);
      for (const { id, nodes } of violations) for (const { html } of nodes) found.push(`${id}: ${html.slice(0, 200)}`);
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
