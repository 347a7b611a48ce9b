// Answers the quizzes of a page as readers do, and prints what the page did, as one JSON object.
//
// usage: node quiz.mjs PACKAGE_JSON BROWSER ORIGIN PAGE PLAN [READER…]
//   PACKAGE_JSON  whose node_modules hold playwright-core and axe-core
//   ORIGIN        of the site; a host that is not 127.0.0.1 is mapped there, and is no secure context
//   PLAN          JSON: for each quiz its label, its kind and the answers to give, one after the other
//   READER        keyboard, pointer, plain (without scripts) or paper; if none is named, all of them
import { MODES, RULES, axeOf, launch } from './chromium.mjs';

const [packages, executablePath, origin, path, plan, ...readers] = process.argv.slice(2);
const axe = axeOf(packages);

const quizzes = JSON.parse(plan);
const facts = { errors: [], axe: [], wide: [], quizzes: {} };
const words = text => text.replace(/\s+/g, ' ').trim();

const browser = await launch(packages, executablePath, new URL(origin).hostname);

async function open(context) {
  const page = await context.newPage();
  page.on('console', message => message.type() === 'error' && facts.errors.push(message.text()));
  page.on('pageerror', error => facts.errors.push(String(error)));
  page.on('requestfailed', request => facts.errors.push(request.url()));
  await page.addInitScript(() => {
    window.heard = [];
    document.addEventListener('course:quiz', event => window.heard.push(event.detail));
  });
  await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
  return page;
}

// --- a reader with a keyboard: Tab, the arrows, Space and Enter, and nothing else

class Keyboard {
  constructor(page, label) {
    Object.assign(this, { page, form: `form[data-label="${label}"]` });
  }

  async enter() {  // where the reader comes from does not matter
    await this.page.$eval(this.form, form => { form.tabIndex = -1; form.focus(); });
  }

  async until(key, selector) {
    for (let presses = 0; presses < 80; presses += 1) {
      const there = await this.page.evaluate(
        ([form, wanted]) => document.activeElement.matches(`${form} ${wanted}`), [this.form, selector]);
      if (there) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${this.form} ${selector}`);
  }

  async give(kind, answer) {
    await this.enter();
    if (kind === 'choice' || kind === 'message') {
      await this.until('Tab', 'input');
      await this.until('ArrowDown', `input[value="${answer}"]`);
      await this.page.keyboard.press('Space');
    } else if (kind === 'several') {
      const count = await this.page.$$eval(`${this.form} input`, all => all.length);
      for (let at = 0; at < count; at += 1) {
        await this.until('Tab', `input[value="${at}"]`);
        const ticked = await this.page.evaluate(() => document.activeElement.checked);
        if (ticked !== answer.includes(at)) await this.page.keyboard.press('Space');
      }
    } else if (kind === 'number') {
      await this.until('Tab', 'input');
      await this.page.keyboard.press('Control+a');
      await this.page.keyboard.type(answer);
    } else if (answer) {
      for (const [place, item] of answer.entries()) {
        await this.enter();
        await this.until('Tab', `[data-item="${item}"] [data-by="-1"]`);
        const at = await this.page.$$eval(`${this.form} .quiz-order > li`,
          (rows, wanted) => rows.findIndex(row => row.dataset.item === String(wanted)), item);
        for (let by = at; by > place; by -= 1) await this.page.keyboard.press('Enter');
      }
    }
    await this.until('Tab', 'button[type=submit]');
    await this.page.keyboard.press('Enter');
  }

  async reset() {
    await this.enter();
    await this.until('Tab', 'button[type=reset]');
    await this.page.keyboard.press('Enter');
    await this.page.waitForTimeout(50);
  }

  verdict() {
    return this.page.$eval(`${this.form} [role=status]`, each => each.textContent).then(words);
  }

  state() {
    return this.page.$eval(this.form, form => ({
      kept: JSON.parse(localStorage.getItem(`course.quiz.${form.dataset.page}.${form.dataset.label}`)),
      given: [...form.querySelectorAll('input')].map(each => each.type === 'text' ? each.value : each.checked),
      order: [...form.querySelectorAll('.quiz-order > li')].map(row => Number(row.dataset.item)),
    }));
  }
}

async function byKeyboard() {
  const context = await browser.newContext(MODES.light);
  let page = await open(context);
  facts.secure = await page.evaluate(() => isSecureContext);
  for (const { label, kind, answers } of quizzes) {
    const keyboard = new Keyboard(page, label);
    const fact = facts.quizzes[label] = { before: await keyboard.state(), told: [] };
    if (kind !== 'order') {
      await keyboard.enter();
      await keyboard.until('Tab', 'button[type=submit]');
      await page.keyboard.press('Enter');
      fact.empty = await keyboard.verdict();
    }
    for (const answer of answers) {
      await keyboard.give(kind, answer);
      fact.told.push(await keyboard.verdict());
    }
    fact.answered = await keyboard.state();
    fact.focus = await page.evaluate(() => document.activeElement.textContent);
    fact.heard = await page.evaluate(wanted => window.heard.filter(each => each.label === wanted), label);
  }
  await page.close();
  page = await open(context);
  for (const { label } of quizzes) {
    const keyboard = new Keyboard(page, label), fact = facts.quizzes[label];
    fact.reloaded = { ...await keyboard.state(), verdict: await keyboard.verdict() };
    await keyboard.reset();
    fact.reset = { ...await keyboard.state(), verdict: await keyboard.verdict() };
    fact.heardAtReset = await page.evaluate(wanted => window.heard.find(each => each.label === wanted), label);
  }
  await page.reload({ waitUntil: 'networkidle' });
  for (const { label } of quizzes) {
    const keyboard = new Keyboard(page, label);
    facts.quizzes[label].fresh = { ...await keyboard.state(), verdict: await keyboard.verdict() };
  }
  await page.evaluate(() => document.querySelectorAll('form.quiz').forEach(({ dataset: { page: at, label, edition } }) =>
    localStorage.setItem(`course.quiz.${at}.${label}`, JSON.stringify({ edition, answer: 'nonsense' }))));
  await page.reload({ waitUntil: 'networkidle' });
  facts.foreign = {};
  for (const { label, kind, answers } of quizzes) {
    const keyboard = new Keyboard(page, label);
    await keyboard.give(kind, answers.at(-1));
    facts.foreign[label] = await keyboard.verdict();
  }
  await context.close();
}

// --- a reader with a mouse or a finger, in each mode; and what axe says before and after the answers

async function look(page, mode) {
  const { violations } = await page.evaluate(
    runOnly => globalThis.axe.run({ include: ['form.quiz'] }, { runOnly }), [...RULES, 'best-practice']);
  for (const { id, nodes } of violations)
    for (const node of nodes) facts.axe.push(`${mode}: ${id}: ${node.html.slice(0, 160)}`);
  const wide = await page.evaluate(() => [...document.querySelectorAll('form.quiz, form.quiz *')]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(each => each.outerHTML.slice(0, 120)));
  facts.wide.push(...wide.map(each => `${mode}: ${each}`));
}

async function byPointer(mode, options) {
  const context = await browser.newContext(options);
  const page = await open(context);
  await page.addScriptTag({ path: axe });
  await look(page, `${mode}, empty`);
  for (const which of [0, -1]) {
    for (const { label, kind, answers } of quizzes) {
      const form = `form[data-label="${label}"]`, answer = answers.at(which);
      if (kind === 'number') await page.fill(`${form} input`, answer);
      else if (kind === 'several')
        for (const [at, input] of (await page.$$(`${form} input`)).entries()) await input.setChecked(answer.includes(at));
      else if (kind === 'choice') await page.check(`${form} input[value="${answer}"]`);
      else if (kind === 'message') await clickArrow(page, form, answer);
      await page.click(`${form} button[type=submit]`);
    }
    await look(page, `${mode}, answered ${which}`);
  }
  await context.close();
}

async function clickArrow(page, form, answer) {
  const at = await page.$eval(`${form} input[value="${answer}"]`, input => {
    const picture = document.getElementById(input.form.dataset.picture);
    const line = picture.querySelector(`g[data-n="${input.dataset.steps}"] > .hit`);
    const middle = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
    const scroll = picture.querySelector('.scroll');
    window.scrollBy({ top: middle.y - innerHeight / 2, behavior: 'instant' });
    scroll.scrollLeft += middle.x - innerWidth / 2;
    const seen = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
    return { x: seen.x, y: seen.y };
  });
  await page.mouse.click(at.x, at.y);
  facts.clicked = await page.$eval(`${form} input[value="${answer}"]`, input => {
    const arrow = document.querySelector(`#${input.form.dataset.picture} g[data-n="${input.dataset.steps}"]`);
    return { checked: input.checked, width: getComputedStyle(arrow.querySelector('.msg')).strokeWidth };
  });
}

// --- a reader without scripts, and one on paper

async function withoutScript() {
  const context = await browser.newContext({ ...MODES.light, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${origin}/${path}`);
  facts.plain = {};
  for (const { label } of quizzes) {
    const form = page.locator(`form[data-label="${label}"]`);
    facts.plain[label] = { text: words(await form.innerText()), buttons: await form.locator('button:visible').count() };
  }
  await context.close();
}

async function onPaper() {
  const context = await browser.newContext(MODES.dark);
  const page = await open(context);
  await page.emulateMedia({ media: 'print' });
  facts.paper = await page.$$eval('form.quiz', forms => forms.map(form => ({
    label: form.dataset.label,
    question: form.querySelector('legend').getBoundingClientRect().height > 0,
    buttons: [...form.querySelectorAll('button')].filter(each => each.getBoundingClientRect().height > 0).length,
  })));
  await context.close();
}

try {
  const wanted = reader => !readers.length || readers.includes(reader);
  if (wanted('keyboard')) await byKeyboard();
  if (wanted('pointer')) for (const [mode, options] of Object.entries(MODES)) await byPointer(mode, options);
  if (wanted('plain')) await withoutScript();
  if (wanted('paper')) await onPaper();
} finally {
  await browser.close();
}
console.log(JSON.stringify(facts));
