// Uses progress as readers do, in Chromium, and prints for each run what is wrong, as a JSON object of lists.
//
// usage: node progress.mjs PACKAGE_JSON CHROMIUM SITE FOLDER RUNS
//   SITE    the address of the site
//   FOLDER  the same site as a folder
//   RUNS    JSON: for each name [STEP, SABOTAGE]. STEP is one of the functions below; SABOTAGE is a script that
//           runs first in every page and shows that the step can fail; it may be empty.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MODES, RULES, axeOf, launch } from './chromium.mjs';

const [packages, executablePath, site, folder, runs] = process.argv.slice(2);
const axe = axeOf(packages);
const CHAPTER = 'coordination/time_and_clocks', TITLE = 'Time and clocks';
const notebook = JSON.parse(readFileSync(process.env.NOTEBOOK, 'utf8'));

const browser = await launch(packages, executablePath);

class Enough extends Error {}  // the sabotage was seen

class Reader {
  found = [];
  contexts = [];

  constructor(sabotage) {
    this.sabotage = sabotage;
    this.patience = { timeout: sabotage ? 2_000 : 60_000 };  // milliseconds; a machine may be busy
  }

  check(holds, sentence) {
    if (holds) return;
    this.found.push(sentence);
    if (this.sabotage) throw new Enough();
  }

  /** A browser that was never here. */
  async browser(options = {}, first = '') {
    const context = await browser.newContext({ ...MODES.light, ...options });
    context.setDefaultTimeout(60_000);
    if (this.sabotage) await context.addInitScript(this.sabotage);
    if (first) await context.addInitScript(first);
    this.contexts.push(context);
    return context;
  }

  /** A new tab of it. */
  async tab(context, path, root = site) {
    const page = await context.newPage();
    page.on('console', message => message.type() === 'error' && this.found.push(`console error: ${message.text()}`));
    page.on('pageerror', error => this.found.push(`console error: ${error}`));
    page.on('request', request => {
      const { protocol, origin, href } = new URL(request.url());
      if (/^(http|ws)/.test(protocol) && origin !== new URL(root).origin) this.found.push(`external request: ${href}`);
    });
    await page.goto(new URL(`${path}.html`, root).href, { waitUntil: 'load' });
    return page;
  }

  async sees(page, selector, words, what) {
    const wanted = page.locator(selector).filter({ hasText: words }).first();
    const seen = await wanted.waitFor(this.patience).then(() => true, () => false);
    const there = seen || (await page.locator(selector).allInnerTexts()).join(' | ').slice(0, 300);
    this.check(seen, `${what}: wanted “${words}” but saw “${there}”`);
  }

  async seesNo(page, selector, what) {
    const unwanted = page.locator(selector).first();
    const gone = await unwanted.waitFor({ state: 'detached', ...this.patience }).then(() => true, () => false);
    this.check(gone, `${what}: ${selector} is there`);
  }

  /** Tab after Tab from a part of the page on, until the focus is there. */
  async tabTo(page, selector, part = 'article') {
    await page.$eval(part, each => { each.tabIndex = -1; each.focus(); });
    for (let presses = 0; presses < 120; presses += 1) {
      if (await page.evaluate(wanted => document.activeElement.matches(wanted), selector)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${selector}`);
  }
}

const MARK = '.bd-links .progress-mark';
const SAID = '.progress-end [role=status]';
const ITEM = `.progress-chapters li:has(> p a[href$="${CHAPTER}.html"])`, FACTS = `${ITEM} .progress-facts`;
const record = page => page.evaluate(name => {
  const key = Object.keys(localStorage).find(each => each.startsWith('course.progress.'));
  return key ? JSON.parse(localStorage.getItem(key))[name] ?? null : null;
}, CHAPTER);

const scrollTo = (page, selector) => page.evaluate(wanted =>
  document.querySelector(wanted).scrollIntoView({ behavior: 'instant', block: 'center' }), selector);

/** Brings each section to the screen, one after the other. */
async function readAll(page, reader) {
  const ids = await page.$$eval('article section[id] > h2', all => all.map(each => each.parentElement.id));
  for (const id of [...ids, '']) {
    await scrollTo(page, id ? `#${id} > h2` : '.progress-end');
    await page.waitForFunction(([name, wanted]) => {
      const key = Object.keys(localStorage).find(each => each.startsWith('course.progress.'));
      const { seen, read } = (key && JSON.parse(localStorage.getItem(key))[name]) ?? { seen: [] };
      return read !== null && read !== undefined || seen.includes(wanted);
    }, [CHAPTER, id || 'end'], reader.patience);
  }
}

/** The exercises as a student has left them, all cells run from the top; `break_` changes a cell. */
function solved(break_ = () => {}) {
  const copy = structuredClone(notebook);
  copy.cells.filter(each => each.cell_type === 'code').forEach((cell, at) => {
    cell.execution_count = at + 1;
    break_(cell, cell.metadata.nbgrader?.grade_id ?? '');
  });
  return copy;
}

const give = (page, part, name, content) => page.setInputFiles(`.progress-${part} input`, {
  name, mimeType: 'application/json', buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
});

const failing = cell => { cell.outputs = [{ output_type: 'error', ename: 'AssertionError', evalue: 'it is 12', traceback: [] }]; };

const steps = {
  // A chapter is read when each section was on the screen, in one visit or in two; a reader can say otherwise.
  async reading(reader) {
    const context = await reader.browser();
    const page = await reader.tab(context, CHAPTER);
    await reader.sees(page, SAID, 'once each of its sections was on your screen', 'at first');
    await reader.seesNo(page, MARK, 'at first');
    await scrollTo(page, '.progress-end');
    await page.waitForFunction(name => Object.values(localStorage).some(each => each.includes('"end"')), null);
    reader.check((await record(page)).read === null, 'a jump to the end marks a chapter as read');
    await page.reload();
    await readAll(page, reader);
    await reader.sees(page, SAID, 'This chapter is marked as read.', 'after reading');
    await reader.sees(page, MARK, 'read', 'after reading');
    const name = await page.locator('.bd-links a.current').evaluate(link => link.textContent.trim());
    reader.check(name.endsWith(`${TITLE}: read`), `the link in the contents is read out as “${name}”`);
    await reader.tabTo(page, '.progress-end button', '.progress-end');
    await page.keyboard.press('Enter');
    await reader.sees(page, SAID, 'You marked this chapter as not read', 'after the button');
    await reader.seesNo(page, MARK, 'after the button');
    await page.reload();
    await scrollTo(page, 'h2');
    await scrollTo(page, '.progress-end');
    await page.click('.progress-end a');
    await reader.sees(page, FACTS, 'not read yet', 'after another scroll to the end');
    await page.goBack();
    await page.getByRole('button', { name: 'Mark as read' }).click();
    await reader.sees(page, MARK, 'read', 'after the second use of the button');
  },

  // A quiz that is answered rightly counts at once, also in the other tab; and so it does no more if taken back.
  async quizzes(reader) {
    const context = await reader.browser();
    const other = await reader.tab(context, 'progress');
    const page = await reader.tab(context, CHAPTER);
    const form = page.locator('form.quiz[data-kind=choice]').first();
    const count = await form.locator('input').count();
    for (let at = 0; at < count; at += 1) {
      await form.locator('input').nth(at).check();
      await form.locator('button[type=submit]').click();
    }
    await reader.sees(page, MARK, /1 of \d+ quizzes/, 'after an answer');
    await reader.sees(other, MARK, /1 of \d+ quizzes/, 'in the other tab');
    await reader.sees(other, FACTS, /1 of \d+ quizzes/, 'in the other tab');
    await reader.sees(other, '.progress-total', /1 of \d+ quizzes answered/, 'in the other tab');
    const next = await other.locator(`${FACTS} a`).evaluate(link => link.href);
    await other.goto(next);
    reader.check(await other.evaluate(() => document.querySelector(':target')?.matches('form.quiz')), `no quiz is at ${next}`);
    await form.locator('button[type=reset]').click();
    await page.waitForFunction(() => !document.querySelector('.bd-links .progress-mark'));
    await reader.seesNo(other, MARK, 'in the other tab, after a new start');
  },

  // The page reads a notebook, says what does not hold yet, and forgets nothing that has held before.
  async exercises(reader) {
    const context = await reader.browser();
    const page = await reader.tab(context, 'progress');
    const told = '.progress-exercises [role=status]';
    await give(page, 'exercises', 'mine (1).ipynb', solved((cell, id) => id.startsWith('lease-') && failing(cell)));
    await reader.sees(page, told, `mine (1).ipynb: 16 of 20 rules hold in “${TITLE}”. New: ${TITLE} (16 points).`, 'a notebook');
    await reader.sees(page, `${told} li`, 'Not yet: The wall clock has no say (it is 12)', 'a notebook');
    await reader.sees(page, MARK, '16 of 20 points', 'a notebook');
    await give(page, 'exercises', 'fresh.ipynb', notebook);
    await reader.sees(page, told, 'fresh.ipynb: 0 of 20 rules hold', 'a fresh notebook');
    await reader.sees(page, `${told} li`, '(this check has not run)', 'a fresh notebook');
    await reader.sees(page, MARK, '16 of 20 points', 'a fresh notebook');
    await give(page, 'exercises', 'picture.png', 'no notebook');
    await reader.sees(page, told, 'picture.png is neither a notebook nor a file of progress; nothing was changed.', 'a picture');
    const data = await page.evaluateHandle(text => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'done.ipynb'));
      return transfer;
    }, JSON.stringify(solved()));
    await page.dispatchEvent('.progress-exercises .progress-field', 'drop', { dataTransfer: data });
    await reader.sees(page, told, `20 of 20 rules hold in “${TITLE}”. New: ${TITLE} (4 points).`, 'a dropped notebook');
  },

  // A copy goes to another browser and is added to what is there; a copy of something else is refused.
  async copy(reader) {
    const page = await reader.tab(await reader.browser(), 'progress');
    await give(page, 'exercises', 'mine.ipynb', solved((cell, id) => id.startsWith('ntp-') || failing(cell)));
    await reader.sees(page, MARK, '4 of 20 points', 'before the copy');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.progress-copy button')]);
    reader.check(download.suggestedFilename() === 'course-progress.json', `the copy is called ${download.suggestedFilename()}`);
    const text = readFileSync(await download.path(), 'utf8');

    const context = await reader.browser();
    const chapter = await reader.tab(context, CHAPTER);
    await chapter.getByRole('button', { name: 'Mark as read' }).click();
    const elsewhere = await reader.tab(context, 'progress');
    const told = '.progress-copy [role=status]', before = await record(elsewhere);
    for (const [name, old, new_, sentence] of [
      ['foreign.json', '"course": "', '"course": "Not ', 'foreign.json is the progress of another course; nothing was changed.'],
      ['later.json', '"version": 1', '"version": 2', 'later.json was written by another edition'],
    ]) {
      await give(elsewhere, 'copy', name, text.replace(old, new_));
      await reader.sees(elsewhere, told, sentence, name);
      reader.check(JSON.stringify(await record(elsewhere)) === JSON.stringify(before), `${name} has changed something`);
    }
    await give(elsewhere, 'copy', 'mine.json', text);
    await reader.sees(elsewhere, told, `mine.json was added. New here: ${TITLE} (4 points).`, 'the copy');
    await reader.sees(elsewhere, MARK, 'read, 4 of 20 points', 'the copy');
    await reader.sees(chapter, MARK, 'read, 4 of 20 points', 'the copy, in the other tab');
    await give(elsewhere, 'copy', 'again.json', text);
    await reader.sees(elsewhere, told, 'again.json holds nothing that is new here.', 'the copy once more');
  },

  // With the keyboard alone: nothing is forgotten before a question is answered; then it is, and the rest stays.
  async reset(reader) {
    const context = await reader.browser();
    const page = await reader.tab(context, 'progress');
    await give(page, 'exercises', 'mine.ipynb', solved());
    await reader.sees(page, MARK, '20 of 20 points', 'before the reset');
    await page.evaluate(name => {
      localStorage.setItem(`course.quiz.${name}.clocks-lease`, '{}');
      localStorage.setItem('edited cells of /x', '{}');
    }, CHAPTER);
    const button = `${ITEM} button`;
    for (const keys of [['Escape'], ['Enter']]) {  // the focus is on “Keep it”
      await reader.tabTo(page, button);
      await page.keyboard.press('Enter');
      await reader.sees(page, '.progress-dialog[open]', `Forget what you have done in “${TITLE}” (20 of 20 points)?`, 'the question');
      for (const key of keys) await page.keyboard.press(key);
      await reader.seesNo(page, '.progress-dialog', `after ${keys}`);
      await reader.sees(page, MARK, '20 of 20 points', `after ${keys}`);
      reader.check(await page.evaluate(wanted => document.activeElement.matches(wanted), button), `after ${keys} the focus is lost`);
    }
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await reader.sees(page, '.progress-chapters [role=status]', `“${TITLE}” starts anew.`, 'after the reset');
    await reader.seesNo(page, MARK, 'after the reset');
    reader.check(await page.evaluate(() => document.activeElement.matches('[role=status]')), 'after the reset the focus is lost');
    const kept = await page.evaluate(() => Object.keys(localStorage).filter(key => !key.startsWith('course.progress.')));
    reader.check(!kept.some(key => key.startsWith('course.quiz.')), 'the answers to the quizzes are still there');
    reader.check(kept.includes('edited cells of /x'), 'something else was forgotten');
    await give(page, 'exercises', 'mine.ipynb', solved());
    await page.getByRole('button', { name: 'Reset everything' }).click();
    await page.getByRole('button', { name: 'Forget it' }).click();
    await reader.sees(page, '.progress-reset [role=status]', 'Everything starts anew.', 'after the reset of all');
    reader.check(await record(page) === null, 'after the reset of all something is left');
  },

  // Two courses on one host know nothing of each other.
  async twoCourses(reader) {
    const context = await reader.browser();
    const one = await reader.tab(context, CHAPTER, new URL('../one/', site).href);
    await one.getByRole('button', { name: 'Mark as read' }).click();
    await reader.sees(one, MARK, 'read', 'in the one');
    const other = await reader.tab(context, CHAPTER, new URL('../other/', site).href);
    await reader.sees(other, SAID, 'once each of its sections', 'in the other');
    await reader.seesNo(other, MARK, 'in the other');
  },

  // Whatever is in the storage, pages work, and the next mark is kept.
  async nonsense(reader) {
    const context = await reader.browser();
    const page = await reader.tab(context, 'progress');
    await give(page, 'exercises', 'mine.ipynb', solved());
    await reader.sees(page, MARK, '20 of 20 points', 'at first');
    for (const value of ['', 'null', '{', '[1]', '"text"', '{"coordination/time_and_clocks":7}',
      '{"coordination/time_and_clocks":{"read":1,"seen":{},"quizzes":"all","rules":[1]}}']) {
      await page.evaluate(text => {
        for (const key of Object.keys(localStorage))
          if (key.startsWith('course.progress.')) localStorage.setItem(key, text);
      }, value);
      await page.reload({ waitUntil: 'load' });
      await reader.sees(page, `${FACTS} p`, /^not read yet$/, `with ${value}`);
      await reader.seesNo(page, MARK, `with ${value}`);
    }
    const chapter = await reader.tab(context, CHAPTER);
    await chapter.getByRole('button', { name: 'Mark as read' }).click();
    await reader.sees(page, `${FACTS} p`, /^read$/, 'at last');
  },

  // A browser that keeps nothing says so, and a page works until it is left; also if it refuses only to write.
  async refused(reader) {
    for (const [names, at] of [[['getItem', 'setItem'], 'at first'], [['setItem'], 'after the button']]) {
      const context = await reader.browser({}, `for (const name of ${JSON.stringify(names)}) {
        const was = Storage.prototype[name];
        Storage.prototype[name] = function (key, ...rest) {
          if (key.startsWith('course.')) throw new DOMException('no', 'QuotaExceededError');
          return was.call(this, key, ...rest);
        };
      }`);
      const page = await reader.tab(context, CHAPTER);
      if (at === 'at first') await reader.sees(page, SAID, 'This browser keeps nothing for this site', at);
      await page.getByRole('button', { name: 'Mark as read' }).click();
      await reader.sees(page, MARK, 'read', names);
      await reader.sees(page, SAID, 'This browser keeps nothing for this site', names);
      await page.goto(new URL('progress.html', site).href);
      await give(page, 'exercises', 'mine.ipynb', solved());
      await reader.sees(page, MARK, '20 of 20 points', names);
      await reader.sees(page, '.progress-forgetful', 'This browser keeps nothing for this site', names);
    }
  },

  // A site that is opened from a folder keeps progress, too; that other scripts cannot work there is not asked here.
  async fromFile(reader) {
    const page = await reader.tab(await reader.browser(), CHAPTER, pathToFileURL(`${folder}/`).href);
    await page.getByRole('button', { name: 'Mark as read' }).click();
    await page.click('.progress-end a');
    await reader.sees(page, `${FACTS} p`, /^read$/, 'the page');
    await give(page, 'exercises', 'mine.ipynb', solved());
    await reader.sees(page, MARK, 'read, 20 of 20 points', 'the page');
    reader.found = reader.found.filter(each => !each.startsWith('console error'));
  },

  // By day, by night and on a phone; with nothing done, some of it, everything; and the question.
  async look(reader) {
    for (const [mode, options] of Object.entries(MODES)) {
      const context = await reader.browser(options);
      const page = await reader.tab(context, 'progress');
      await page.addScriptTag({ path: axe });
      const look = async what => {
        const { violations } = await page.evaluate(runOnly => globalThis.axe.run(document, { runOnly }), RULES);
        for (const { id, nodes } of violations)
          for (const { html } of nodes) reader.check(false, `${mode}, ${what}: ${id}: ${html.slice(0, 160)}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        reader.check(wide <= 0, `${mode}, ${what}: the page is ${wide} px too wide`);
      };
      await look('nothing');
      await give(page, 'exercises', 'mine.ipynb', solved((cell, id) => id.startsWith('lease-') && failing(cell)));
      await reader.sees(page, FACTS, '16 of 20 points', mode);
      await look('some');
      await page.click(`${ITEM} button`);
      await look('the question');
    }
  },

  // Without scripts the chapters are listed, and nothing is offered that cannot work.
  async withoutScript(reader) {
    const page = await reader.tab(await reader.browser({ javaScriptEnabled: false }), 'progress');
    const text = await page.locator('.progress-chapters').innerText();
    reader.check(text.includes(TITLE), `the page lists only “${text}”`);
    reader.check(text.includes('Your browser runs no scripts'), `the page says only “${text}”`);
    await reader.seesNo(page, 'article :is(button, input)', 'the page');
  },
};

const facts = {};
const waiting = Object.entries(JSON.parse(runs));

async function runAll() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, [step, sabotage]] = next;
    const reader = new Reader(sabotage);
    try {
      await steps[step](reader);
    } catch (error) {
      if (!(error instanceof Enough)) reader.found.push(String(error).split('\n')[0]);
    }
    facts[name] = reader.found;
    for (const context of reader.contexts) await context.close();
  }
}

try {
  await Promise.all([runAll(), runAll(), runAll()]);  // most of the time a reader waits
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
