// Reads the definition of a term as readers do, and prints what the page showed, as one JSON object.
//
// usage: node terms.mjs PACKAGE_JSON CHROMIUM ORIGIN PAGE TERM OTHER
//   PACKAGE_JSON  whose node_modules hold playwright-core and axe-core
//   ORIGIN        of the site
//   TERM, OTHER   labels of two terms that the page links to
import { MODES, RULES, axeOf, launch } from './chromium.mjs';

const [packages, executablePath, origin, path, term, other] = process.argv.slice(2);
const axe = axeOf(packages);
const linkTo = label => `.bd-article a[href*="glossary.html#${label}"] >> nth=0`;

const facts = { errors: [], axe: [], outside: [], requests: [] };
const browser = await launch(packages, executablePath);

/** A page; if its clock stands still, time passes only when it is told to. */
async function open(context, still = true) {
  const page = await context.newPage();
  page.on('console', message => message.type() === 'error' && facts.errors.push(message.text()));
  page.on('pageerror', error => facts.errors.push(String(error)));
  if (still) await page.clock.install();
  await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
  if (still) await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
  page.on('request', request => facts.requests.push(request.url()));
  await page.locator(linkTo(term)).scrollIntoViewIfNeeded();
  return page;
}

/** What is seen of the definition; empty if nothing. */
const seen = page => page.evaluate(() => {
  const tip = document.querySelector('.term-tip');
  return tip?.getClientRects().length ? tip.innerText.replace(/\s+/g, ' ').trim() : '';
});

const awhile = page => page.clock.runFor(5000);

async function byMouse(context) {
  const page = await open(context);
  const at = {};
  await page.hover(linkTo(term));
  at.once = await seen(page);
  await awhile(page);
  at.resting = await seen(page);
  await page.hover('.term-tip p >> nth=0', { force: true });
  await awhile(page);
  at.onTheTip = await seen(page);
  await page.mouse.move(2, 2);
  await awhile(page);
  at.away = await seen(page);
  await page.hover(linkTo(term));
  await awhile(page);
  await page.keyboard.press('Escape');
  at.escaped = await seen(page);
  await page.hover(linkTo(other));
  await awhile(page);
  at.other = await seen(page);
  facts.mouse = at;
  await page.close();
}

async function byKeyboard(context) {
  const page = await open(context);
  const at = {};
  await page.locator(linkTo(term)).focus();
  await page.keyboard.press('Shift+Tab');
  at.before = await seen(page);
  await page.keyboard.press('Tab');
  at.focused = await seen(page);
  await awhile(page);
  await page.mouse.move(2, 2);
  await awhile(page);
  at.longFocused = await seen(page);
  await page.keyboard.press('Escape');
  at.escaped = await seen(page);
  at.stays = await page.evaluate(() => document.activeElement.getAttribute('aria-describedby'));
  at.described = await page.evaluate(() =>
    document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.textContent.trim());
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  at.left = await seen(page);
  facts.keyboard = at;
  await page.close();
}

async function byFinger(context) {
  const page = await open(context);
  const at = {};
  await page.evaluate(() => {
    window.held = [];
    window.hold = event => { window.held.push(event.defaultPrevented); event.preventDefault(); };
    window.addEventListener('click', window.hold);
  });
  await page.tap(linkTo(term));
  at.tapped = await seen(page);
  await page.locator('.bd-article h1').scrollIntoViewIfNeeded();
  await page.tap('.bd-article h1');
  at.elsewhere = await seen(page);
  await page.tap(linkTo(term));
  at.held = await page.evaluate(() => window.held);
  await page.evaluate(() => window.removeEventListener('click', window.hold));
  await page.tap(linkTo(term));
  await page.waitForURL(/glossary/);
  at.twice = new URL(page.url()).hash;
  facts.finger = at;
  await page.close();
}

async function looks(context, mode) {
  const page = await open(context, false);  // axe needs time
  await page.locator(linkTo(term)).focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  const box = await page.locator('.term-tip').boundingBox();
  const view = page.viewportSize();
  if (!box || box.x < 0 || box.y < 0 || box.x + box.width > view.width || box.y + box.height > view.height)
    facts.outside.push(`${mode}: ${JSON.stringify(box)}`);
  if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))
    facts.outside.push(`${mode}: the page became wider than the screen`);
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(runOnly => globalThis.axe.run(document, { runOnly }), RULES);
  for (const { id, nodes } of violations)
    for (const node of nodes) facts.axe.push(`${mode}: ${id}: ${node.html.slice(0, 200)}`);
  await page.close();
}

async function withoutScript() {
  const context = await browser.newContext({ ...MODES.light, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${origin}/${path}`);
  const link = page.locator(linkTo(term));
  facts.plain = { described: await link.getAttribute('aria-describedby') };
  await link.click();
  facts.plain.leads = new URL(page.url()).hash;
  await context.close();
}

/** The clock of one page is the clock of its context. */
async function within(mode, act, options = {}) {
  const context = await browser.newContext({ ...MODES[mode], ...options });
  await act(context, mode);
  await context.close();
}

try {
  await within('light', byMouse);
  await within('light', byKeyboard);
  facts.fetched = facts.requests.splice(0);  // axe fetches the style sheets
  for (const mode of Object.keys(MODES)) await within(mode, looks);
  await within('390 px', byFinger, { hasTouch: true });
  await withoutScript();
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
