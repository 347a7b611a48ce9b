// Progress on every page: a mark at each chapter in the contents, a bar at the end of a chapter.
import { amount, shares, words } from './done.mjs';
import { change, keeps, load, site, watch } from './store.mjs';

/* global CHAPTERS -- by page, put here by the build */
const chapters = CHAPTERS;

export const FORGETFUL = 'This browser keeps nothing for this site, so your progress ends when you leave the page.';

export const make = (tag, properties = {}, ...children) => {
  const { attributes = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/** The page that an address of this site leads to, as the table of contents calls it. */
export function pageOf({ pathname }) {
  return pathname.startsWith(site.pathname) && pathname.slice(site.pathname.length).replace(/\.html$/, '');
}

/** A line that is whole as far as something is done, and dashed from there on. */
export const line = share =>
  make('span', { className: 'progress-line', style: `--share: ${share}`, attributes: { 'aria-hidden': 'true' } });

// --- marks; on the landing page the entries of the outline have them, too

function mark(link, page) {
  const chapter = chapters[page], done = amount(chapter, load()[page]), said = words(chapter, done);
  link.querySelector('.progress-mark')?.remove();
  if (!said) return;
  const each = shares(chapter, done);
  const share = each.reduce((sum, one) => sum + one, 0) / each.length;
  link.append(make('span', { className: 'progress-mark' },
    make('span', { className: 'visually-hidden', textContent: ': ' }), line(share), said));
}

const links = [...document.querySelectorAll('.bd-links a[href], .outline a[href]')]
  .map(link => [link, pageOf(link)])
  .filter(([, page]) => Object.hasOwn(chapters, page));
watch(() => links.forEach(([link, page]) => mark(link, page)));

// --- quizzes

document.addEventListener('course:quiz', ({ detail: { page, label, passed } }) => {
  if (!Object.hasOwn(chapters, page)) return;
  change(page, ({ quizzes }) => ({ quizzes: [...quizzes.filter(each => each !== label), ...(passed ? [label] : [])] }));
});

// --- the end of a chapter

const SAYS = new Map([
  [null, 'This chapter is marked as read once each of its sections was on your screen.'],
  [true, 'This chapter is marked as read.'],
  [false, 'You marked this chapter as not read, so the page no longer marks it by itself.'],
]);

function endChapter(page, article) {
  const said = make('p', { attributes: { role: 'status' } });
  const button = make('button', { type: 'button', onclick: () => change(page, ({ read }) => ({ read: !read })) });
  const address = new URL('progress.html', site).href;
  const bar = make('div', { className: 'progress-end', attributes: { role: 'group', 'aria-label': 'Your progress' } },
    said, make('p', {}, button, ' ', make('a', { href: address, textContent: 'My progress' })));
  article.append(bar);

  watch(() => {
    const read = load()[page]?.read ?? null;
    button.textContent = read ? 'Mark as not read' : 'Mark as read';
    const sentence = SAYS.get(read) + (keeps() ? '' : ` ${FORGETFUL}`);
    if (said.textContent !== sentence) said.textContent = sentence;  // or it would be read out again
  });

  const parts = new Map([[bar, 'end']]);
  for (const heading of article.querySelectorAll('section[id] > h2')) parts.set(heading, heading.parentElement.id);
  const observer = new IntersectionObserver(entries => {
    const now = entries.filter(each => each.isIntersecting).map(each => parts.get(each.target));
    const { read = null, seen = [] } = load()[page] ?? {};
    if (read !== null || now.every(id => seen.includes(id))) return;
    const all = [...new Set([...seen, ...now])];
    change(page, () => ({ seen: all, read: [...parts.values()].every(id => all.includes(id)) || null }));
  });
  for (const part of parts.keys()) observer.observe(part);
}

const here = pageOf(location), article = document.querySelector('article');
if (article && Object.hasOwn(chapters, here)) endChapter(here, article);
