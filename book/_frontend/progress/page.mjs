// The page of progress: what is done in each chapter, files in and out, and a new start.
import { amount, shares, words } from './done.mjs';
import { backup, merge, news, read } from './files.mjs';
import { FORGETFUL, line, make, pageOf } from './marks.mjs';
import { forget, keeps, load, save, watch } from './store.mjs';

/* global CHAPTERS, COURSE -- put here by the build */
const chapters = CHAPTERS;
const MOST = 50e6;  // bytes; a notebook with pictures has a few

const MANY = { chapter: 'chapters', quiz: 'quizzes', point: 'points', rule: 'rules' };

const plural = (count, word) => `${count} ${count === 1 ? word : MANY[word]}`;
const button = (word, onclick, name = word) =>
  make('button', { type: 'button', textContent: word, onclick, attributes: { 'aria-label': name } });
const status = () => make('div', { className: 'progress-told', tabIndex: -1, attributes: { role: 'status' } });
const tell = (place, ...paragraphs) => place.replaceChildren(...paragraphs.map(each =>
  (typeof each === 'string' ? make('p', { textContent: each }) : each)));

/** Asks before something is forgotten; the browser brings the focus back, unless the button is gone. */
function ask(sentence, act) {
  const labelled = { 'aria-labelledby': 'progress-question' };
  const dialog = make('dialog', { className: 'progress-dialog', attributes: labelled },
    make('form', { method: 'dialog' },
      make('p', { id: 'progress-question', textContent: sentence }),
      make('button', { value: 'forget', textContent: 'Forget it' }), ' ',
      make('button', { value: '', textContent: 'Keep it', autofocus: true })));
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue === 'forget') act();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// --- the chapters

const titles = {};

function addTotal(list) {
  const total = make('div', { className: 'progress-total' });
  list.before(total);
  watch(() => {
    const pages = load(), all = Object.entries(chapters);
    const done = all.map(([page, chapter]) => amount(chapter, pages[page]));
    const sum = (of, what) => of.reduce((most, each) => most + Number(what(each)), 0);
    const [read, quizzes, points] = ['read', 'quizzes', 'points'].map(part => sum(done, each => each[part]));
    const most = [all.length, sum(all, ([, each]) => each.quizzes.length), sum(all, ([, each]) => each.points)];
    total.replaceChildren(...[
      [read, most[0], `${plural(most[0], 'chapter')} read`],
      [quizzes, most[1], `${plural(most[1], 'quiz')} answered`],
      [points, most[2], plural(most[2], 'point')],
    ].map(([some, of, what]) =>
      make('p', {}, make('strong', { textContent: some }), ` of ${what}`, line(of ? some / of : 0))));
    if (!keeps()) total.append(make('p', { className: 'progress-forgetful', textContent: FORGETFUL }));
  });
}

function addChapter(item, said) {
  const link = item.querySelector('a'), page = pageOf(link), chapter = chapters[page];
  titles[page] = link.textContent;
  const facts = make('div', { className: 'progress-facts' });
  const reset = button('Reset', () => {
    const done = words(chapter, amount(chapter, load()[page]));
    ask(`Forget what you have done in “${titles[page]}” (${done})? Your answers to its quizzes go, too. `
      + 'Code that you have changed on the page stays.', () => {
      forget({ [page]: chapter });
      tell(said, `“${titles[page]}” starts anew.`);
      said.focus();
    });
  }, `Reset ${titles[page]}`);
  item.append(facts, reset);
  watch(() => {
    const record = load()[page], done = amount(chapter, record);
    const open = chapter.quizzes.find(label => !record?.quizzes.includes(label));
    const next = done.quizzes && open && make('a', {
      href: `${link.href}#quiz-${open}`,
      textContent: 'next',
      attributes: { 'aria-label': `next quiz of ${titles[page]}` },
    });
    facts.replaceChildren(...[
      [done.read ? 'read' : 'not read yet', Number(done.read), 1],
      [`${done.quizzes} of ${plural(chapter.quizzes.length, 'quiz')}`, done.quizzes, chapter.quizzes.length, next],
      [`${done.points} of ${plural(chapter.points, 'point')}`, done.points, chapter.points],
    ].filter(([, , most]) => most).map(([what, some, most, more]) =>
      make('p', {}, what, ...(more ? [', ', more] : []), line(some / most))));
    reset.hidden = shares(chapter, done).every(share => !share);
  });
}

// --- files

function newsOf(before, after) {
  return news(before, after, chapters).map(({ page, read: isRead, quizzes, points }) => {
    const parts = [isRead && 'read', quizzes && plural(quizzes, 'quiz'), points && plural(points, 'point')];
    return `${titles[page]} (${parts.filter(Boolean).join(', ')})`;
  }).join(', ');
}

async function take(file) {
  if (file.size > MOST) return [`${file.name} is too large to be a notebook; nothing was changed.`];
  const found = read(file.name, await file.text(), chapters, COURSE);
  if (found.problem) return [found.problem];
  const before = load();
  save(merge(before, found.pages));
  const more = newsOf(before, load());
  if (!found.rules) {
    return [more ? `${file.name} was added. New here: ${more}.` : `${file.name} holds nothing that is new here.`];
  }
  const broken = found.rules.filter(({ holds }) => !holds);
  const count = `${found.rules.length - broken.length} of ${plural(found.rules.length, 'rule')} hold`;
  return [
    `${file.name}: ${count} in “${titles[found.page]}”. ${more ? `New: ${more}.` : 'Nothing is new.'}`,
    ...(broken.length ? [make('ul', {}, ...broken.map(({ rule, message }) =>
      make('li', {}, make('strong', { textContent: 'Not yet:' }), ` ${rule} (${message})`)))] : []),
  ];
}

/** A field for files, onto which they can be dropped as well. */
function field(sentence, accept, place) {
  const input = make('input', { type: 'file', multiple: true, accept });
  const box = make('label', { className: 'progress-field' }, make('span', { textContent: sentence }), input);
  const takeAll = async files => {
    const all = [];
    for (const file of files) all.push(...await take(file));  // one after the other: each builds on the last
    if (all.length) tell(place, ...all);
  };
  input.addEventListener('change', async () => {
    await takeAll([...input.files]);
    input.value = '';  // so that the same file can come again
  });
  for (const kind of ['dragover', 'dragleave', 'drop']) {
    box.addEventListener(kind, event => {
      event.preventDefault();
      box.classList.toggle('progress-over', kind === 'dragover');
      if (kind === 'drop') takeAll([...event.dataTransfer.files]);
    });
  }
  return box;
}

function offer() {
  const href = URL.createObjectURL(new Blob([backup(load(), COURSE)], { type: 'application/json' }));
  make('a', { href, download: 'course-progress.json' }).click();
  setTimeout(() => URL.revokeObjectURL(href));
}

// --- the parts, where the page wants them

const parts = {
  chapters(box) {
    const list = box.querySelector('ul'), said = status();
    addTotal(list);
    list.after(said);
    for (const item of list.children) addChapter(item, said);
  },
  exercises(box) {
    const said = status();
    box.append(field('Choose your notebook, or drop it here.', '.ipynb,.json', said), said);
  },
  copy(box) {
    const said = status();
    const out = button('Save a copy', () => {
      offer();
      tell(said, 'Your browser has saved course-progress.json.');
    });
    box.append(make('p', {}, out), field('Choose a copy to add, or drop it here.', '.json', said), said);
  },
  reset(box) {
    const said = status();
    const all = button('Reset everything', () => ask(
      'Forget what you have done in every chapter? Your answers to the quizzes go, too. '
      + 'Code that you have changed on the pages stays.', () => {
        forget(chapters);
        save({});
        tell(said, 'Everything starts anew.');
      }));
    box.append(make('p', {}, all), said);
  },
};

for (const [name, build] of Object.entries(parts)) {
  const box = document.querySelector(`.progress-${name}`);
  if (box) build(box);
}
