// Looks at pages in a browser and prints what is wrong with them, as one JSON list.
//
// usage: node look.mjs PACKAGE_JSON BROWSER ORIGIN PAGE…
//   PACKAGE_JSON  whose node_modules hold playwright-core and axe-core
//   ORIGIN        of the site, for instance http://127.0.0.1:8000
import { MODES, RULES, axeOf, launch } from './chromium.mjs';

const [packages, executablePath, origin, ...pages] = process.argv.slice(2);
const axe = axeOf(packages);

// Firefox cannot be told to be dark, and would only repeat what axe says: it looks once, at the hardest width.
const inFirefox = /firefox/i.test(executablePath);
const modes = Object.entries(MODES).filter(([mode]) => !inFirefox || mode === '390 px');

const findings = [];

async function look(context, mode, path) {
  const found = (what, detail) => findings.push({ page: path, mode, what, detail });
  const page = await context.newPage();
  page.on('console', message => message.type() === 'error' && found('console error', message.text()));
  page.on('pageerror', error => found('console error', String(error)));
  page.on('request', request => {
    const url = new URL(request.url());
    if (/^(http|ws)/.test(url.protocol) && url.origin !== origin) found('external request', url.href);
  });
  page.on('requestfailed', request => found('failed request', request.url()));
  page.on('response', response => response.status() >= 400 && found('failed request', response.url()));

  await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
  // What opens on demand is part of the page.
  await page.evaluate(() => document.querySelectorAll('details').forEach(each => { each.open = true; }));
  await page.evaluate(() => globalThis.MathJax?.startup?.promise);
  await page.evaluate(() => Promise.all(document.getAnimations().map(each => each.finished)));
  // The theme lets the keyboard reach what scrolls a moment after the letters have arrived.
  const reached = () => [...document.querySelectorAll('pre, .pst-scrollable-table-container')]
    .every(each => each.scrollWidth <= each.clientWidth || each.tabIndex >= 0);
  await page.waitForFunction(reached, null, { timeout: 3000 }).catch(() => {});  // axe says what is left
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= width) return null;
    const all = [...document.body.querySelectorAll('*')];
    const out = all.filter(each => each.getBoundingClientRect().right > width + 1).at(-1);
    return out?.outerHTML.slice(0, 200) ?? 'the page itself';
  });
  if (wide) found('horizontal overflow', wide);
  if (!inFirefox) await check(page, found);
  await page.close();
}

async function check(page, found) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(runOnly => globalThis.axe.run(document, { runOnly }), RULES);
  for (const { id, help, nodes } of violations)
    for (const node of nodes) found('accessibility', `${id}: ${help}: ${node.html.slice(0, 200)}`);
}

const browser = await launch(packages, executablePath);
try {
  await Promise.all(modes.map(async ([mode, options]) => {
    const context = await browser.newContext(options);
    for (const path of pages) await look(context, mode, path);
  }));
} finally {
  await browser.close();
}
console.log(JSON.stringify(findings));
