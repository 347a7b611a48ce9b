// Quizzes: reads a reader's answer, shows what the page says of it, and remembers it in this browser.
//
// The page's HTML holds the whole question; this script checks. It needs no network and no secure origin.
//
// What others may rely on (a page of progress, for instance):
//   localStorage['course.quiz.<page>.<label>'] = JSON of
//     { right: is the last answer right, passed: was any answer right, tries: how many answers,
//       answer: the last one, edition: changes when the question does }
//   The form fires `course:quiz`, which bubbles, with the detail { page, label, right, passed, tries }: after
//   each answer and, with zero tries, after a reset.
(() => {
  'use strict';

  // --- seals; book/_ext/course/quiz/sealing.py says what they are good for, and what not

  const hash = text => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
    value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
    value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
    return (value ^ value >>> 16) >>> 0;
  };

  const stream = state => () => {
    state = state + 0x6d2b79f5 | 0;
    let value = Math.imul(state ^ state >>> 15, state | 1);
    value ^= value + Math.imul(value ^ value >>> 7, value | 61);
    return (value ^ value >>> 14) >>> 24;
  };

  /** What is said of an answer: a list, empty if nothing is. */
  const unseal = (sealed, salt, answer) => {
    const secret = sealed[hash(`${salt}|id|${answer}`).toString(16).padStart(8, '0')];
    if (!secret) return [];
    const next = stream(hash(`${salt}|key|${answer}`));
    const clear = Uint8Array.from(atob(secret), character => character.charCodeAt(0) ^ next());
    return JSON.parse(new TextDecoder().decode(clear));
  };

  // --- memory; a browser may refuse it, and then a page forgets

  const memory = {
    get: key => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full */ } },
    drop: key => { try { localStorage.removeItem(key); } catch { /* there was none */ } },
  };

  // --- the kinds. `read` gives the answer, or a sentence that says what is missing. `write` shows an answer that
  // was kept. `judge` tells what the page says of an answer, a list of { right, html }. `marked` lists the inputs
  // that get a sign, one for each thing told.

  const inputs = form => [...form.querySelectorAll('input[name=answer]')];
  const missing = sentence => ({ missing: sentence });

  const one = {
    read: form => {
      const at = inputs(form).findIndex(input => input.checked);
      return at < 0 ? missing('Choose an answer first.') : { answer: at };
    },
    write: (form, at) => inputs(form).forEach((input, number) => { input.checked = number === at; }),
    judge: (form, at, said) => said(at),
    marked: (form, at) => [inputs(form)[at]],
  };

  const several = {
    read: form => {
      const ticked = inputs(form).flatMap((input, number) => input.checked ? [number] : []);
      return ticked.length ? { answer: ticked } : missing('Tick at least one answer first.');
    },
    write: (form, ticked) => inputs(form).forEach((input, at) => { input.checked = ticked.includes(at); }),
    judge: (form, ticked, said) => inputs(form).flatMap((input, at) => {
      const about = input.nextElementSibling.innerHTML;
      const mine = ticked.includes(at);
      return said(`${at}:${mine ? 1 : 0}`).map(each => ({ ...each, about, mine }));
    }),
    marked: form => inputs(form),
  };

  const number = {
    read: form => {
      const typed = inputs(form)[0].value.trim().replace('−', '-').replace(form.dataset.unit, '').trim();
      // A comma is a decimal point to some readers and a separator of thousands to others.
      if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(typed)) return { answer: Number(typed) };
      return missing(typed ? 'Type a number, for instance 12.5.' : 'Type a number first.');
    },
    write: (form, value) => { inputs(form)[0].value = String(value); },
    judge: (form, value, said) => {
      const near = said(Math.floor(value / Number(form.dataset.width)));
      const hit = near.filter(({ low, high }) => low <= value && value <= high);
      return hit.length ? hit : said('otherwise');
    },
    marked: () => [],
  };

  const rows = form => [...form.querySelectorAll('.quiz-order > li')];

  const order = {
    read: form => ({ answer: rows(form).map(row => Number(row.dataset.item)) }),
    write: (form, items) => {
      const found = items.map(item => rows(form).find(row => Number(row.dataset.item) === item));
      form.querySelector('.quiz-order').append(...found.filter(Boolean));
      label(form);
    },
    judge: (form, items, said) => {
      const right = said(items.join(','));
      if (right.length) return right;
      // Every wrong order has two neighbours of the right one the other way round; the page knows of those.
      return items.flatMap((first, at) => items.slice(at + 1).flatMap(later => said(`${first}<${later}`)));
    },
    marked: () => [],
  };

  const KINDS = { choice: one, message: one, several, number, order };

  // --- order: two buttons a line; the focus stays on the button, and the new place is read out

  const words = row => row.firstElementChild.textContent.trim();

  function label(form) {
    const all = rows(form);
    all.forEach((row, at) => row.querySelectorAll('button').forEach(button => {
      const up = button.dataset.by === '-1';
      button.setAttribute('aria-label', `Move ${up ? 'up' : 'down'}: ${words(row)}`);
      button.setAttribute('aria-disabled', String(at === (up ? 0 : all.length - 1)));
    }));
  }

  function addMoves(form, changed, announce) {
    for (const row of rows(form)) {
      const moves = document.createElement('span');
      moves.className = 'quiz-moves';
      for (const [by, sign] of [[-1, '↑'], [1, '↓']]) {
        const button = document.createElement('button');
        Object.assign(button, { type: 'button', textContent: sign });
        button.dataset.by = by;
        button.addEventListener('click', () => {
          const all = rows(form), at = all.indexOf(row), to = at + by;
          if (to < 0 || to >= all.length) return;
          all[to][by < 0 ? 'before' : 'after'](row);
          button.focus();  // moving the line takes the focus off it
          label(form);
          changed();
          announce(`“${words(row)}” is now ${to + 1} of ${all.length}.`);
        });
        moves.append(button);
      }
      row.append(moves);
    }
    label(form);
  }

  // --- message: an arrow of the picture and its line in the list are one thing

  function joinPicture(form, changed) {
    const figure = document.getElementById(form.dataset.picture);
    // A reader may run the cell of the picture again: the cell stays, the figure and its arrows do not.
    const place = figure?.closest('.cell') ?? figure;
    const arrow = input => place?.querySelector(`.ds-figure g[data-n="${input.dataset.steps}"]`);
    const show = () => {
      for (const input of inputs(form)) arrow(input)?.classList.toggle('quiz-chosen', input.checked);
    };
    place?.classList.add('quiz-picture');
    place?.addEventListener('click', event => {
      const input = inputs(form).find(each => arrow(each)?.contains(event.target));
      if (!input) return;
      input.checked = true;
      changed();
      input.closest('label').scrollIntoView({ block: 'nearest' });
    });
    form.addEventListener('quiz-shown', show);
  }

  // --- a form

  function start(form) {
    const { page, label: name, kind, edition } = form.dataset;
    const key = `course.quiz.${page}.${name}`, salt = `${page} ${name} ${edition}`;
    const sealed = JSON.parse(form.querySelector('script[type="application/json"]').textContent);
    const { read, write, judge, marked } = KINDS[kind];
    const verdict = form.querySelector('.quiz-verdict');
    const original = kind === 'order' && read(form).answer;

    const shown = () => form.dispatchEvent(new CustomEvent('quiz-shown'));
    const clear = () => {  // an answer that changes is not judged yet
      verdict.replaceChildren();
      verdict.className = 'quiz-verdict';
      for (const each of form.querySelectorAll('.quiz-right, .quiz-wrong')) {
        each.classList.remove('quiz-right', 'quiz-wrong');
      }
      shown();
    };
    const say = html => { verdict.innerHTML = html; };

    function tell(answer) {
      const told = judge(form, answer, token => unseal(sealed, salt, token));
      const right = told.length > 0 && told.every(each => each.right);
      const wrong = told.filter(each => !each.right).length;
      clear();
      marked(form, answer).forEach((input, at) =>
        input.closest('label').classList.add(told[at].right ? 'quiz-right' : 'quiz-wrong'));
      verdict.classList.add(right ? 'quiz-right' : 'quiz-wrong');
      if (kind === 'several') {
        const lines = told.map(({ right: good, html, about, mine }) =>
          `<li class="${good ? 'quiz-right' : 'quiz-wrong'}"><strong>${good ? 'Right' : 'Wrong'}</strong>, `
          + `you ${mine ? 'ticked' : 'left out'} ${about}: ${html}</li>`);
        const are = wrong > 1 ? 'are' : 'is';
        const count = right ? 'All are right.' : `Not yet: ${wrong} of ${told.length} ${are} wrong.`;
        say(`<p><strong>${count}</strong></p><ul>${lines.join('')}</ul>`);
      } else {
        say(told.map(({ right: good, html }, at) =>
          `<p>${at ? '' : `<strong>${good ? 'Right.' : 'Not yet.'}</strong> `}${html}</p>`).join(''));
      }
      return right;
    }

    const fire = state => form.dispatchEvent(
      new CustomEvent('course:quiz', { bubbles: true, detail: { page, label: name, ...state } }));

    form.addEventListener('submit', event => {
      event.preventDefault();
      const { answer, missing: sentence } = read(form);
      if (sentence) {
        clear();
        say(`<p>${sentence}</p>`);
        return;
      }
      const before = memory.get(key), right = tell(answer);
      const passed = right || Boolean(before?.passed), tries = (before?.tries ?? 0) + 1;
      memory.set(key, { right, passed, tries, answer, edition });
      fire({ right, passed, tries });
    });

    form.addEventListener('reset', () => {
      memory.drop(key);
      setTimeout(() => {  // the browser empties the fields when this is over
        if (original) write(form, original);
        clear();
        say('<p>Empty again.</p>');
        fire({ right: false, passed: false, tries: 0 });
      });
    });

    form.addEventListener('input', clear);
    if (kind === 'order') addMoves(form, clear, sentence => say(`<p class="quiz-said">${sentence}</p>`));
    if (kind === 'message') joinPicture(form, clear);
    form.querySelector('.quiz-actions').hidden = false;

    const kept = memory.get(key);
    if (kept?.edition === edition) {
      try {
        write(form, kept.answer);
        tell(kept.answer);
      } catch {  // whoever wrote this was not us; the other quizzes must not suffer
        form.reset();
      }
    }
  }

  document.querySelectorAll('form.quiz').forEach(start);
})();
