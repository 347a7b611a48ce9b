// Where is a reader's progress kept? In this browser, and nowhere else.
//
// localStorage['course.progress.1:<path of the site>'] = JSON of the records of done.mjs, by page. The path keeps
// two courses on one host apart; a later form of the records takes another number and leaves these alone.
// What cannot be read counts as nothing. A browser that refuses keeps everything until the page is left.
import { sound } from './done.mjs';

/** The address of the site; this script is served from _static/progress/. */
export const site = new URL('../../', document.currentScript.src);

const KEY = `course.progress.1:${site.pathname}`;
const told = [];
let memory = null;  // the records, once the browser has refused to keep them

/** Calls a function now, and whenever the records have changed, in this tab or in another one. */
export function watch(call) {
  told.push(call);
  call();
}

const tell = () => told.forEach(call => call());
addEventListener('storage', ({ key }) => (key === KEY || key === null) && tell());
addEventListener('pageshow', ({ persisted }) => persisted && tell());  // a page that comes back was not told

/** Whether the browser keeps what is given to it, as far as it has shown. */
export const keeps = () => load() && !memory;

/** Every record by page. */
export function load() {
  if (memory) return memory;
  let text;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    return (memory = {});
  }
  try {
    return sound(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Keeps all of these records, and no others. */
export function save(pages) {
  try {
    if (!memory) localStorage.setItem(KEY, JSON.stringify(pages));
  } catch {  // full, or refused
    memory = pages;
  }
  if (memory) memory = sound(pages);
  tell();
}

/** Changes the record of one page: `alter` gets it and returns the fields that become new. */
export function change(page, alter) {
  const pages = load(), record = pages[page] ?? sound({ '': {} })[''];
  save(sound({ ...pages, [page]: { ...record, ...alter(record) } }));
}

/** Removes records, and what the quizzes of these pages have kept. */
export function forget(chapters) {
  const pages = load();
  for (const [page, { quizzes }] of Object.entries(chapters)) {
    delete pages[page];
    for (const label of quizzes) {
      try {
        localStorage.removeItem(`course.quiz.${page}.${label}`);
      } catch { /* then there is none */ }
    }
  }
  save(pages);
}
