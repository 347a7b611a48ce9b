// What does a file say that a reader gives to the page of progress? And what is new in it?
//
// Three kinds are known: a backup that the page has written; a notebook whose checks have run; what
// `check.py NOTEBOOK --json` prints. Nobody is cheated who believes them: it is the reader's own progress.
import { amount, sound } from './done.mjs';

const FORMAT = 'course-progress', VERSION = 1;

/** A file that is of no use here; the message is one sentence, to be put after the name of the file. */
class Useless extends Error {}

/** Everything done, as the text of a file. */
export const backup = (pages, course) =>
  `${JSON.stringify({ format: FORMAT, version: VERSION, course, pages }, null, 1)}\n`;

/** Both: what was done in one of them is done. The order of files does not matter, nor how often each comes. */
export function merge(mine, others) {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(others)])];
  return sound(Object.fromEntries(names.map(page => {
    const both = [mine, others].filter(pages => Object.hasOwn(pages, page)).map(pages => pages[page]);
    const said = both.map(({ read }) => read);
    const rules = both.flatMap(each => Object.entries(each.rules)).sort(([, one], [, other]) => one - other);
    return [page, {
      read: said.includes(true) || (said.includes(false) ? false : null),
      seen: both.flatMap(({ seen }) => seen).sort(),
      quizzes: both.flatMap(({ quizzes }) => quizzes).sort(),
      rules: Object.fromEntries(rules),
    }];
  })));
}

/** What is more in the second records: for each chapter with a difference { page, read, quizzes, points }. */
export function news(before, after, chapters) {
  return Object.entries(chapters).flatMap(([page, chapter]) => {
    const [old, now] = [before, after].map(pages => amount(chapter, pages[page]));
    const read = now.read && !old.read, quizzes = now.quizzes - old.quizzes, points = now.points - old.points;
    return read || quizzes || points ? [{ page, read, quizzes, points }] : [];
  });
}

/**
 * Reads a file.
 *
 * Returns { pages } to merge, and for an exercise also { page, rules: [{ rule, holds, message }] }, or
 * { problem }, one sentence.
 */
export function read(name, text, chapters, course) {
  try {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      throw new Useless('is neither a notebook nor a file of progress');
    }
    if (value?.format === FORMAT) return readBackup(value, chapters, course);
    const rules = Array.isArray(value?.cells) ? inNotebook(value.cells) : inVerdict(value?.rules);
    if (!rules) throw new Useless('is neither a notebook nor a file of progress');
    return inChapter(rules, chapters);
  } catch (error) {
    if (!(error instanceof Useless)) throw error;
    return { problem: `${name} ${error.message}; nothing was changed.` };
  }
}

function readBackup(value, chapters, course) {
  if (value.course !== course) throw new Useless('is the progress of another course');
  if (value.version !== VERSION) throw new Useless('was written by another edition of this course');
  const pages = Object.entries(sound(value.pages)).filter(([page]) => Object.hasOwn(chapters, page));
  return { pages: Object.fromEntries(pages.map(([page, record]) => [page, known(record, chapters[page])])) };
}

/** A record without quizzes and rules that the chapter does not have; it says how much a rule is worth. */
function known(record, { quizzes, rules }) {
  const held = Object.entries(rules).filter(([id]) => Object.hasOwn(record.rules, id));
  return {
    ...record,
    quizzes: record.quizzes.filter(label => quizzes.includes(label)),
    rules: Object.fromEntries(held),
  };
}

const joined = source => (Array.isArray(source) ? source.join('') : String(source ?? ''));

/** The rules of a notebook: one holds if its cell ran without an error, after the cell of the answer. */
function inNotebook(cells) {
  const named = cells.map(cell => ({ about: cell?.metadata?.nbgrader ?? {}, cell }));
  const ran = ({ execution_count: count }) => (Number.isInteger(count) ? count : 0);
  const answered = new Map();
  for (const { about, cell } of named)
    if (about.solution && !about.grade)
      answered.set(about.grade_id, Math.max(ran(cell), answered.get(about.grade_id) ?? 0));
  return named.filter(({ about }) => about.grade && typeof about.grade_id === 'string').map(({ about, cell }) => {
    const id = about.grade_id, answer = answered.get(id.split('-')[0]);
    const error = (Array.isArray(cell.outputs) ? cell.outputs : []).find(each => each?.output_type === 'error');
    let message = '';
    if (!ran(cell)) message = 'this check has not run';
    else if (error) message = joined(error.evalue).trim().split('\n')[0] || joined(error.ename);
    else if (answer === 0) message = 'the cell of your answer has not run';
    else if (answer > ran(cell)) message = 'your answer ran again after this check; run the check, too';
    return { id, rule: joined(cell.source).match(/^# Rule: (.*?)\.? \(/)?.[1] ?? id, holds: !message, message };
  });
}

function inVerdict(rules) {
  return Array.isArray(rules) && rules.map(each => ({
    id: String(each?.name), rule: String(each?.rule), holds: each?.holds === true,
    message: joined(each?.message).split('\n')[0],
  }));
}

/** Finds the chapter that a notebook belongs to by its rules, for a file may have any name. */
function inChapter(rules, chapters) {
  const shared = Object.entries(chapters).map(([page, chapter]) =>
    [page, rules.filter(({ id }) => Object.hasOwn(chapter.rules, id))]);
  const [page, found] = shared.reduce((best, each) => (each[1].length > best[1].length ? each : best), ['', []]);
  if (!page) throw new Useless('holds no exercise of this course');
  const held = found.filter(({ holds }) => holds).map(({ id }) => [id, chapters[page].rules[id]]);
  return { pages: sound({ [page]: { rules: Object.fromEntries(held) } }), page, rules: found };
}
