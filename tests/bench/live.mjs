// Measures live cells in Chromium, and prints one JSON object.
//
// usage: node live.mjs PACKAGE_JSON CHROMIUM ORIGIN WHAT
//   ORIGIN  of the site
//   WHAT    start: milliseconds to the first output, of a page of ours and of a bare Pyodide
//           lite: the same, of a page of ours and of a notebook in the site's own JupyterLite
//           later: milliseconds to an output of Python that runs
//           weight: of each page, before anything runs: bytes as a host compresses them, and requests
import { gzipSync } from 'node:zlib';
import { launch } from '../site/chromium.mjs';

const [packages, executablePath, origin, what, ...pages] = process.argv.slice(2);
const browser = await launch(packages, executablePath);

const run = () => new Promise(resolve => {
  const begun = performance.now();
  const bar = document.querySelector('.live-bar');
  const status = bar.querySelector('.live-status');
  status.replaceChildren();
  new MutationObserver((_, observer) => {
    if (!/Done/.test(status.textContent)) return;
    observer.disconnect();
    resolve(performance.now() - begun);
  }).observe(status, { childList: true, subtree: true });
  bar.querySelector('.live-run').click();
});

// The least that anything with Pyodide inside does before it can show an output.
const bare = here => new Promise((resolve, reject) => {
  const code = `
    import { loadPyodide } from '${here}/_static/pyodide/pyodide.mjs';
    import { LOCK } from '${here}/_static/pyodide/lock.mjs';
    const python = await loadPyodide({ indexURL: '${here}/_static/pyodide/', lockFileContents: LOCK });
    postMessage(python.runPython('40 + 2'));`;
  const begun = performance.now();
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { type: 'module' });
  worker.onmessage = () => { worker.terminate(); resolve(performance.now() - begun); };
  worker.onerror = event => reject(new Error(event.message));
});

// A new context has an empty cache: each start is cold.
async function on(path, action, argument) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
  const value = await page.evaluate(action, argument);
  if (what === 'later') {
    const times = [];
    for (let round = 0; round < 5; round++) times.push(await page.evaluate(run));
    await context.close();
    return Math.min(...times);
  }
  await context.close();
  return value;
}

// JupyterLite starts its Python when the notebook opens, and is pressed as soon as there is a cell to run.
async function lite(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const opened = Date.now();
  await page.goto(`${origin}/${path}`);
  await page.locator('.jp-CodeCell .cm-content').first().click();
  const pressed = Date.now();
  await page.keyboard.press('Shift+Enter');
  await page.locator('.jp-CodeCell .jp-InputPrompt', { hasText: '[1]' }).waitFor({ timeout: 300_000 });
  await context.close();
  return { fromRun: Date.now() - pressed, fromClick: Date.now() - opened };
}

async function weigh(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const responses = [];
  page.on('response', response => responses.push(response));
  await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
  await page.evaluate(() => globalThis.MathJax?.startup?.promise);  // it fetches fonts
  await page.waitForLoadState('networkidle');
  const bodies = await Promise.all(responses.map(response => response.body()));
  const text = /text|javascript|json|svg/;
  const bytes = bodies.map((body, index) =>
    (text.test(responses[index].headers()['content-type']) ? gzipSync(body) : body).length);
  await context.close();
  return { path, bytes: bytes.reduce((sum, each) => sum + each, 0), requests: bodies.length };
}

let result;
if (what === 'start') {
  const ours = [], theirs = [];
  for (let round = 0; round < 3; round++) {
    ours.push(await on(pages[0], run));
    theirs.push(await on(pages[0], bare, origin));
  }
  result = { ours: Math.min(...ours), theirs: Math.min(...theirs) };
} else if (what === 'lite') {
  const ours = [], theirs = [];
  for (let round = 0; round < 3; round++) {
    ours.push(await on(pages[0], run));
    theirs.push(await lite(pages[1]));
  }
  const best = key => Math.min(...theirs.map(each => each[key]));
  result = { ours: Math.min(...ours), fromRun: best('fromRun'), fromClick: best('fromClick') };
} else if (what === 'later') result = await on(pages[0], run);
else {
  result = [];
  for (const path of pages) result.push(await weigh(path));
}
await browser.close();
console.log(JSON.stringify(result));
