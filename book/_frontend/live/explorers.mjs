// Explorers: a reader asks for a value that has no ready-made picture, and the page's own Python draws it.

const known = new WeakMap();  // an explorer that goes from the page and comes back is the same one

// The explorer of this element; `ask` is given what to draw, a name for it, and where to say why it failed.
export function explorerOf(root, ask, make) {
  if (!known.has(root)) known.set(root, new Explorer(root, ask, make));
  return known.get(root);
}

class Explorer {
  #drawn = 0;
  #choice;  // the last that has a picture

  constructor(root, ask, make) {
    this.root = root;
    this.ask = ask;
    this.make = make;
    this.groups = [...root.querySelectorAll('fieldset')].filter(each => each.querySelector(':scope > label'));
    this.said = make('div', { className: 'live-said' });
    this.note = make('p', { className: 'live-why', hidden: true });
    root.querySelector('fieldset').after(this.note, this.said);
    for (const [index, group] of this.groups.entries()) {
      const template = group.querySelector('template');
      if (!template) continue;
      const form = template.content.firstElementChild.cloneNode(true);
      template.replaceWith(form);
      form.addEventListener('submit', event => {
        event.preventDefault();
        this.#type(index, form.querySelector('input').value.trim());
      });
    }
    root.addEventListener('change', ({ target }) => { if (target.type === 'radio') this.#choose(); });
    this.#choice = this.#chosen();
  }

  warn(sentence) {
    this.note.textContent = sentence;
    this.note.hidden = !sentence;
  }

  focus(index) { this.groups[index].querySelector('form input')?.focus(); }

  #radios(group) { return [...group.querySelectorAll(':scope > label > input')]; }
  #chosen() { return this.groups.map(group => this.#radios(group).find(each => each.checked)); }
  #frame(radios) { return this.root.querySelector(`:scope > [data-frame="${radios.map(each => each.value).join('-')}"]`); }
  #asked(radio) { return radio.dataset.asked ?? Number(radio.value); }
  #same(group, words) { return this.#radios(group).find(each => each.parentElement.textContent.trim() === words); }

  // A value was typed.
  #type(index, text) {
    const radio = this.#same(this.groups[index], text);
    if (radio) {
      radio.checked = true;
      this.#choose();
    } else this.#draw(this.#chosen().map((each, place) => (place === index ? text : this.#asked(each))), index);
  }

  // A button was chosen; with several parameters a value that was asked for has no picture with each of the others.
  #choose() {
    const chosen = this.#chosen();
    if (this.#frame(chosen)) this.#choice = chosen;
    else this.#draw(chosen.map(each => this.#asked(each)));
  }

  async #draw(asked, index) {
    const before = this.#choice;
    this.said.replaceChildren();
    this.#frame(before).classList.add('live-held');
    const failed = await this.ask(this, { asked, name: `${this.root.id}-live${++this.#drawn}` }, index);
    this.#frame(before).classList.remove('live-held');
    if (failed) for (const radio of this.#choice) radio.checked = true;
  }

  // Shows a picture beside the ready-made ones; a value that is not among the choices becomes one.
  show(asked, { values, html }) {
    const radios = this.groups.map((group, place) => {
      const all = this.#radios(group);
      const radio = this.#same(group, values[place]) ?? this.make('input', {
        type: 'radio', name: all[0].name, value: all.length, attributes: { 'data-asked': asked[place] },
      });
      if (!radio.parentElement) all.at(-1).parentElement.after(this.make('label', { className: 'live-new' }, radio, ` ${values[place]}`));
      radio.checked = true;
      return radio;
    });
    if (!this.#frame(radios)) {
      const key = radios.map(each => each.value).join('-');
      this.root.append(this.make('div', { innerHTML: html, attributes: { 'data-frame': key } }));
      const chosen = radios.map(each => `:has([name="${each.name}"][value="${each.value}"]:checked)`).join('');
      this.root.append(this.make('style', { textContent: `#${this.root.id}${chosen} [data-frame="${key}"]{display:block}` }));
    }
    this.#choice = radios;
    return this.#frame(radios);
  }
}
