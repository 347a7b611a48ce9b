// Shows the definition of a term beside its link: to a mouse that rests on it, to the keyboard, to a first tap.
//
// It stays while the mouse is on the link or on the definition, or the link has the focus; Escape puts it away
// (WCAG 1.4.13). A second tap follows the link. The definitions are in the page already: nothing is loaded.
(() => {
  'use strict';
  const SHOW = 150, HIDE = 300, GAP = 6; // ms, ms, px
  const tip = document.createElement('div');
  tip.className = 'term-tip';
  tip.setAttribute('role', 'tooltip');
  tip.hidden = true;
  document.body.append(tip);

  let shown = null; // the link whose definition is shown
  let touched = false; // whether a finger was the last to press
  let timer = 0;
  const later = (act, ms) => { clearTimeout(timer); timer = setTimeout(act, ms); };
  const termAt = target => target.closest?.('a[aria-describedby^="about-term-"]');

  function show(link, x) {
    clearTimeout(timer);
    const about = document.getElementById(link.getAttribute('aria-describedby'));
    if (!about) return;
    shown = link;
    tip.replaceChildren(...about.cloneNode(true).childNodes);
    tip.classList.toggle('touched', touched);
    tip.hidden = false;
    // A link may be broken into two lines: stand beside the one that was pointed at.
    const lines = [...link.getClientRects()];
    const line = lines.find(each => x >= each.left && x <= each.right) ?? lines[0];
    const { width, height } = tip.getBoundingClientRect();
    const page = document.documentElement;
    const left = Math.max(GAP, Math.min(line.left, page.clientWidth - width - GAP));
    const above = line.bottom + GAP + height > page.clientHeight && line.top - GAP - height > 0;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above ? line.top - GAP - height : line.bottom + GAP) + scrollY}px`;
  }

  function hide() {
    clearTimeout(timer);
    shown = null;
    tip.hidden = true;
  }

  document.addEventListener('pointerover', event => {
    if (event.pointerType === 'touch') return;
    const link = termAt(event.target);
    if (link && link !== shown) later(() => show(link, event.clientX), SHOW);
    else if (link || tip.contains(event.target) || shown === document.activeElement) clearTimeout(timer);
    else if (shown) later(hide, HIDE);
    else clearTimeout(timer);
  });
  document.documentElement.addEventListener('pointerleave', () => {
    if (shown !== document.activeElement) later(hide, HIDE);
  });
  document.addEventListener('focusin', event => {
    const link = termAt(event.target);
    if (link?.matches(':focus-visible')) show(link);
  });
  document.addEventListener('focusout', event => {
    if (event.target === shown && !tip.matches(':hover')) hide();
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') hide();
  });
  document.addEventListener('pointerdown', event => {
    touched = event.pointerType === 'touch';
    if (shown && termAt(event.target) !== shown && !tip.contains(event.target)) hide();
  });
  document.addEventListener('click', event => {
    const link = termAt(event.target);
    if (!link || !touched || link === shown) return;
    event.preventDefault();
    show(link, event.clientX);
  });
  addEventListener('resize', hide);
})();
