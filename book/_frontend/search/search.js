// The search page shows an excerpt of each result: of its text, not of buttons, drawings and raw formulas.
/* global Search, DOCUMENTATION_OPTIONS */
'use strict';

const NOT_TEXT = 'script, style, svg, button, summary, h1, .headerlink, .chapter-card, .start, .live-bar, .live-why';

// A page that was opened as a file may not read another one; the links are enough.
if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Sphinx would mark the words on the page that is opened next, and fail at the titles of its drawings.
const parse = Search._parseQuery;
Search._parseQuery = query => {
  const parsed = parse(query);
  localStorage.removeItem('sphinx_highlight_terms');
  return parsed;
};

Search.htmlToText = (html, anchor) => {
  const article = new DOMParser().parseFromString(html, 'text/html').querySelector('.bd-article');
  if (!article) return '';
  article.querySelectorAll(NOT_TEXT).forEach(each => each.remove());
  article.querySelectorAll('.math').forEach(each => {
    each.textContent = each.textContent.replace(/\\[()[\]]/g, '').replace(/\\/g, '');
  });
  const place = anchor ? article.querySelector(anchor) : null;  // that of an entry of the index is empty
  const part = (place?.textContent.trim() ? place : place?.closest('section')) || article;
  part.querySelector(':scope > :is(h2, h3, h4)')?.remove();
  const meaning = part.closest('dl.glossary dt') ? part.parentElement.querySelector(`#${part.id} ~ dd`) : null;
  return (meaning ?? part).textContent;
};
