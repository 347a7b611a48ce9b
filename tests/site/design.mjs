// Uses the built site in unusual ways and prints what is wrong: for each check, as it is and with the fault it looks for.
//
// usage: node design.mjs PACKAGE_JSON CHROMIUM ORIGIN SITE
//   PACKAGE_JSON  whose node_modules hold playwright-core
//   ORIGIN        of a host that shows course/404.html, with the status 404, for what is not below course/
//   SITE          the folder of the site
import { launch } from './chromium.mjs';

const [packages, executablePath, origin, site] = process.argv.slice(2);
const CHAPTER = 'coordination/time_and_clocks.html';
const PAGE = 'how_it_works.html';  // has code, drawings and transcripts, and is quick to load
const DESK = { viewport: { width: 1280, height: 900 } };

const browser = await launch(packages, executablePath);
const style = content => page => page.addStyleTag({ content });
const answer = (pattern, change) => page => page.route(pattern, async route => {
  const response = await route.fetch();
  await route.fulfill({ response, body: change(await response.text()) });
});

async function shown(page, selectors) {
  const seen = [];
  for (const selector of selectors)
    if (await page.locator(selector).filter({ visible: true }).count()) seen.push(`${selector} is shown`);
  return seen;
}

async function search(page, address) {
  const errors = [];
  page.on('console', message => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(`${address}/search.html?q=vector+clock`, { waitUntil: 'networkidle' });
  await page.waitForFunction(() => document.querySelector('.search-summary')?.textContent);
  const links = await page.locator('ul.search a').evaluateAll(all => all.map(each => each.href));
  const found = links.find(link => link.includes('time_and_clocks.html'));
  if (!found) return [...errors, `no result leads to the chapter, only ${links}`];
  await page.goto(found);
  return (await page.title()).startsWith('Time and clocks') ? errors : [`${found} is another page`];
}

// name: [options of the page, what to do before it is opened, what breaks it there or afterwards, the check]
const CHECKS = {
  'a wrong address shows the page for it': {
    before: answer('**/wrong/**', html => html.replace('head.append(', 'head.append.bind(')),
    async check(page) {
      const response = await page.goto(`${origin}/course/wrong/deep/vector-clock.html`, { waitUntil: 'load' });
      const wrong = [];
      if (response.status() !== 404) wrong.push(`the status is ${response.status()}`);
      const accent = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--course-accent'));
      if (!accent) wrong.push('the style is not there');
      const links = await page.locator('main a, nav a').evaluateAll(all => all.map(each => each.href));
      for (const link of new Set(links.map(each => each.split('#')[0]))) {
        if (!link || link === page.url()) continue;
        if ((await page.request.get(link)).status() !== 200) wrong.push(`${link} leads nowhere`);
      }
      if (!links.some(link => link.endsWith(`/course/${CHAPTER}`))) wrong.push('the map does not lead to the chapter');
      await page.locator('#find').press('Enter');
      await page.waitForURL('**/search.html**', { timeout: 20_000 }).catch(() => wrong.push('the search leads nowhere'));
      if (!page.url().endsWith('/course/search.html?q=vector+clock')) wrong.push(`the search leads to ${page.url()}`);
      return wrong;
    },
  },
  'the search finds a vector clock': {
    before: answer('**/searchindex.js*', () => 'Search.setIndex({docnames:[],filenames:[],titles:[],terms:{},'
      + 'titleterms:{},objects:{},objtypes:{},objnames:{},alltitles:{},indexentries:{}})'),
    check: page => search(page, `${origin}/course`),
  },
  'the search works in a page opened as a file': {
    before: page => page.route('**/search.js*', route => route.abort()),
    check: page => search(page, `file://${site}`),
  },
  'paper shows the text and nothing to press': {
    open: PAGE,
    after: style('@media print { .bd-sidebar-primary, .live-bar { display: block !important } }'),
    async check(page) {
      await page.emulateMedia({ media: 'print' });
      const wrong = await shown(page, [
        '.bd-sidebar-primary', '.bd-sidebar-secondary', '.bd-header-article', '.prev-next-area', '.live-bar', '.steps',
        '.headerlink', 'details:not([open])', 'button',
      ]);
      if (!(await page.locator('.bd-article h1').isVisible())) wrong.push('the title is missing');
      const cut = await page.locator('.bd-article figure').evaluateAll(
        all => all.filter(each => each.checkVisibility() && getComputedStyle(each).breakInside !== 'avoid').length);
      return cut ? [...wrong, `${cut} figures may be cut in two`] : wrong;
    },
  },
  'pictures take the colours of the system': {
    open: PAGE, options: { ...DESK, forcedColors: 'active', colorScheme: 'dark' },
    after: style('.ds-figure .msg { stroke: #111 !important }'),
    check: page => page.evaluate(() => {
      const ink = document.createElement('i');
      ink.style.cssText = 'color:CanvasText;background:Canvas;forced-color-adjust:none';
      document.body.append(ink);
      const { color, backgroundColor } = getComputedStyle(ink);
      const wrong = [];
      for (const figure of document.querySelectorAll('.ds-figure')) {
        for (const arrow of figure.querySelectorAll('.msg'))
          if (getComputedStyle(arrow).stroke !== color) wrong.push(`an arrow is ${getComputedStyle(arrow).stroke}`);
        const paper = getComputedStyle(figure.querySelector('svg')).backgroundColor;
        if (![backgroundColor, 'rgba(0, 0, 0, 0)'].includes(paper)) wrong.push(`the paper is ${paper}`);
      }
      return [...new Set(wrong)];
    }),
  },
  'the keyboard is seen wherever it is': {
    open: PAGE,
    after: style('html body summary:focus-visible:focus-visible:focus-visible { outline: 0 !important }'),
    async check(page) {
      const wrong = new Set();
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const lost = await page.evaluate(() => {
          const here = document.activeElement;
          const marked = [here, here.closest('label')].filter(Boolean).some(each => {
            const { outlineStyle, outlineWidth } = getComputedStyle(each);
            return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
          });
          return marked || here === document.body ? null : here.outerHTML.slice(0, 120);
        });
        if (lost) wrong.add(lost);
      }
      return [...wrong];
    },
  },
  'the first key leads past the sidebar': {
    open: PAGE,
    after: page => page.evaluate(() => document.querySelector('.skip-link a').removeAttribute('href')),
    async check(page) {
      await page.keyboard.press('Tab');
      if (!(await page.evaluate(() => document.activeElement.matches('.skip-link a')))) return ['Tab does not lead to the link'];
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      return (await page.evaluate(() => Boolean(document.activeElement.closest('main')))) ? [] : ['the link leads nowhere'];
    },
  },
  'nothing moves for those who do not want it': {
    open: PAGE, options: { ...DESK, reducedMotion: 'reduce' },
    after: style('a { transition: color 1s !important } html { scroll-behavior: smooth !important }'),
    check: page => page.evaluate(() => [...new Set([...document.querySelectorAll('*')].flatMap(each => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(each);
      const name = each.tagName.toLowerCase();
      return [
        ...(/[1-9]/.test(transitionDuration) ? [`${name} changes in ${transitionDuration}`] : []),
        ...(animationName !== 'none' ? [`${name} is animated`] : []),
        ...(scrollBehavior === 'smooth' ? [`${name} scrolls smoothly`] : []),
      ];
    }))]),
  },
};

async function run({ options = DESK, before, open, after, check }, broken) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000);  // the machine may have much else to do
  const page = await context.newPage();
  if (broken && before) await before(page);
  if (open) await page.goto(`${origin}/course/${open}`, { waitUntil: 'load' });
  if (broken && after) await after(page);
  const wrong = await check(page);
  await context.close();
  return wrong;
}

const facts = { sound: {}, broken: {} };
try {
  for (const [name, each] of Object.entries(CHECKS)) {
    facts.sound[name] = await run(each, false);
    facts.broken[name] = await run(each, true);
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
