// Live cells: the buttons of each cell, and what its code shows. Python and the editor come on first use.
'use strict';
(() => {
  const script = document.currentScript;
  const here = new URL('.', script.src);
  const { version, total } = script.dataset;
  const FROM_A_FILE = location.protocol === 'file:'
    && 'A page opened from a file cannot start Python. Run “python3 -m http.server” in the folder of the site.';
  const KEPT = `edited cells of ${location.pathname}`;

  const make = (tag, properties = {}, ...children) => {
    const { attributes = {}, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // --- Python, in a worker of its own; a page has one, from the first run on

  class Python {
    #worker = null;
    #job = null;  // { progress, output, end } of the running cell
    age = 0;      // how many Pythons have ended; what ran in one of them is forgotten

    // `task` is what worker.mjs understands; resolves to done, failed, stopped or the sentence that says why not.
    run(task, job) {
      this.#start();
      return new Promise(resolve => {
        this.#job = { ...job, end: result => { this.#job = null; resolve(result); } };
        this.#worker.postMessage(task);
      });
    }

    stop(result = 'stopped') {
      if (this.#worker) this.age++;
      this.#worker?.terminate();
      this.#worker = null;
      this.#job?.end(result);
    }

    #start() {
      if (this.#worker) return;
      const address = new URL(`worker.mjs?v=${version}&total=${total}`, here);
      this.#worker = new Worker(address, { type: 'module', name: 'Python' });
      this.#worker.onerror = () => this.stop('Python cannot start here: this browser is too old, or a file is missing.');
      this.#worker.onmessage = ({ data }) => {
        if (data.failed) this.stop(data.failed);
        else if (data.loaded) this.#job?.progress(data.loaded / data.total);
        else if (data.ready) this.#job?.progress(1);
        else if (data.kind) this.#job?.output(data.kind, data.text);
        else if (data.done) this.#job?.end(data.ok ? 'done' : 'failed');
      };
    }
  }

  // --- what a reader has changed, in the browser's own storage, by the text that the page came with

  const kept = {
    read() {
      try { return JSON.parse(localStorage.getItem(KEPT)) ?? {}; } catch { return {}; }
    },
    write(original, code) {
      const all = this.read();
      if (code === original) delete all[original]; else all[original] = code;
      try {
        if (Object.keys(all).length) localStorage.setItem(KEPT, JSON.stringify(all));
        else localStorage.removeItem(KEPT);
      } catch { /* a browser that keeps nothing: the change lasts as long as the page */ }
    },
  };

  // --- what a cell shows, as the page shows what was run when it was built

  const text = (kind, content) => {
    const name = kind === 'stdout' || kind === 'stderr' ? `stream ${kind}` : kind === 'error' ? 'live-error' : 'text_plain';
    return make('div', { className: `output ${name}` },
      make('div', { className: 'highlight' }, make('pre', { textContent: content })));
  };

  const shown = {
    html(content) {
      const box = make('div', { className: 'output text_html', innerHTML: content });
      // Scripts that come as text do not run; copies do.
      for (const old of box.querySelectorAll('script')) old.replaceWith(make('script', { textContent: old.textContent }));
      return box;
    },
    svg: content => make('div', { className: 'output text_html', innerHTML: content }),
    markdown: content => text('text', content.replace(/^```\w*\n([^]*)\n```$/, '$1')),
  };

  // --- cells

  const python = new Python();
  const cells = [];
  let busy = false;
  let explorers;  // their script, once a page has one

  class Cell {
    #view = null;  // the editor, once it is open
    #ran = null;   // the age of the Python that has run this code, and the code of the cells up to this one
    #shows;        // the code of the cells up to this one that made what is shown
    #explorers = [];

    constructor(root) {
      this.number = cells.length + 1;
      this.root = root;
      this.input = root.querySelector('.cell_input');
      this.source = this.input.querySelector('div.highlight');
      this.original = this.source.querySelector('pre').textContent.replace(/\n+$/, '');
      this.code = kept.read()[this.original] ?? this.original;
      this.built = root.querySelector('.cell_output');
      this.live = make('div', { className: 'cell_output docutils container live-output', hidden: true });
      this.bar = this.#makeBar();
      (this.input.closest('details') ?? this.input).after(this.bar);
      (this.built ?? root.lastElementChild).after(this.live);
      cells.push(this);
      this.#shows = cells.map(each => each.original);
      this.#findExplorers();
      if (this.code !== this.original) this.edit(false);
    }

    #makeBar() {
      const button = (word, title, action) => make('button', {
        type: 'button', textContent: word, title, onclick: action, className: `live-${word.toLowerCase()}`,
        attributes: { 'aria-label': `${word} cell ${this.number}` },
      });
      this.runButton = button('Run', 'Run the cells above that have not run as they are now, then this one', () => this.runAll());
      this.editButton = button('Edit', 'Change the code; Shift-Enter runs it, Escape leaves it', () => this.edit());
      this.resetButton = button('Reset', 'Bring back the code and the output of the page, and forget what has run', () => this.reset());
      this.stopButton = button('Stop', 'Stop Python; the next run starts a new one', () => python.stop());
      this.progress = make('progress', { hidden: true, max: 1, attributes: { 'aria-label': 'Loading Python' } });
      this.status = make('span', { className: 'live-status', attributes: { role: 'status', 'aria-live': 'polite' } });
      this.resetButton.hidden = this.stopButton.hidden = true;
      return make('div', { className: 'live-bar', attributes: { role: 'group', 'aria-label': `Cell ${this.number}` } },
        this.runButton, this.stopButton, this.editButton, this.resetButton, this.progress, this.status);
    }

    // Whether Python has run this cell and those above as they are now.
    get hasRun() { return this.#ran?.age === python.age && this.#changed(this.#ran.code) === undefined; }

    get #upToHere() { return cells.slice(0, this.number).map(each => each.code); }

    // The first cell up to this one whose code is another one.
    #changed(code) { return cells.slice(0, this.number).find((each, place) => each.code !== code[place]); }

    #edited(code) {
      this.code = code;
      kept.write(this.original, code);
      for (const cell of cells.slice(this.number - 1)) cell.#warn();
    }

    async edit(focus = true) {
      if (FROM_A_FILE) return this.say(FROM_A_FILE);
      const closed = this.input.closest('details');
      if (closed && focus) closed.open = true;
      this.resetButton.hidden = false;
      if (!this.#view) {
        this.#view = 'opening';
        const { openEditor } = await import(new URL(`editor.mjs?v=${version}`, here).href);
        if (this.#view !== 'opening') return;  // Reset was quicker
        this.source.hidden = true;
        this.#view = openEditor({
          parent: this.input,
          code: this.code,
          label: `Code of cell ${this.number}. Shift-Enter runs it. Escape leaves the editor.`,
          onChange: code => this.#edited(code),
          onRun: () => this.runAll(),
          onLeave: () => this.runButton.focus(),
        });
      }
      if (focus && this.#view.focus) this.#view.focus();
    }

    reset() {
      this.#view?.destroy?.();
      this.#view = null;
      this.source.hidden = false;
      this.live.hidden = true;
      this.live.replaceChildren();
      if (this.built) this.live.before(this.built);
      this.#shows = cells.slice(0, this.number).map(each => each.original);
      this.#findExplorers();
      this.#edited(this.original);
      if (!busy) python.stop();  // what the edited code has left behind goes too
      this.resetButton.hidden = true;
      this.say('The code and the output are those of the page again.');
      this.runButton.focus();
    }

    say(visible, heard = visible) {
      this.status.replaceChildren(make('span', { textContent: visible, attributes: { 'aria-hidden': 'true' } }),
        make('span', { className: 'live-heard', textContent: heard }));
    }

    runAll() { return this.#occupy(() => this.#run(this)); }

    // Does some work, after the cells above have run.
    async #occupy(work) {
      if (FROM_A_FILE) return this.say(FROM_A_FILE);
      if (busy) return this.say('Another cell is running.');
      busy = true;
      this.stopButton.hidden = false;
      this.editButton.hidden = this.resetButton.hidden = this.runButton.hidden = true;
      const hadFocus = this.bar.contains(document.activeElement) || document.activeElement === document.body;
      if (hadFocus) this.stopButton.focus();
      try {
        for (const cell of cells.slice(0, this.number - 1)) {
          if (cell.hasRun) continue;
          const result = await cell.#run(this);
          if (result !== 'done') {
            if (result === 'failed') this.say(`Cell ${cell.number} above has failed, and this cell may need it.`);
            return result;
          }
        }
        return await work();
      } finally {
        busy = false;
        this.progress.hidden = true;
        this.runButton.hidden = this.editButton.hidden = false;
        this.resetButton.hidden = !this.#view && this.live.hidden;
        if (document.activeElement === this.stopButton || document.activeElement === document.body) this.runButton.focus();
        this.stopButton.hidden = true;
      }
    }

    // Runs this cell alone; `asked` is the cell whose button was pressed.
    async #run(asked) {
      const outputs = make('div');
      const shell = this.#shell(outputs);
      const code = this.#upToHere;
      let visible = false;
      const show = () => {
        if (visible) return;
        visible = true;
        this.live.replaceChildren(shell);
        this.live.hidden = false;
        // The old output goes from the page: names and ids in it must not stand beside the new ones.
        this.built?.remove();
        this.#shows = code;
      };
      const [result, seconds] = await this.#work(asked, { code: this.code }, this.#into(outputs, show));
      if (result === 'done') { this.#ran = { age: python.age, code }; show(); }
      else if (this.code !== this.original) show();  // what is shown is not of this code
      if (visible) this.#findExplorers();
      if (result === 'done') this.say(`Done in ${seconds} s`, `Cell ${this.number} is done. ${this.#heard(outputs)}`);
      else this.#sayWhyNot(asked, result, outputs);
      if (asked !== this && result === 'done') asked.say('');
      return result;
    }

    // Lets Python work for this cell, and says so in the bar of the cell that was asked.
    async #work(asked, task, output) {
      let started = performance.now();
      const wait = asked === this ? 'Running …' : `Running cell ${this.number} above …`;
      asked.say(wait);
      const result = await python.run({ number: this.number, ...task }, {
        output,
        progress: share => {
          asked.progress.hidden = share >= 1;
          asked.progress.value = share;
          if (share >= 1) { started = performance.now(); asked.say(wait); }
          else if (!asked.status.textContent.startsWith('Loading')) asked.say('Loading Python, on the first run only …');
        },
      });
      return [result, ((performance.now() - started) / 1000).toFixed(2)];
    }

    // What puts outputs into an element.
    #into(outputs, show = () => {}) {
      return (kind, content) => {
        const last = outputs.lastElementChild;
        if (last?.classList.contains(kind) && last.classList.contains('stream')) last.querySelector('pre').append(content);
        else outputs.append(shown[kind]?.(content) ?? text(kind, content));
        show();
      };
    }

    #sayWhyNot(asked, result, outputs) {
      const why = outputs.querySelector('.live-error')?.textContent.split('\n').findLast(line => /\w/.test(line)) ?? '';
      if (result === 'failed') this.say('Failed', `Cell ${this.number} has failed. ${why.slice(0, 300)}`);
      else if (result === 'stopped') asked.say('Stopped. The next run starts a new Python.');
      else asked.say(result);
    }

    // --- explorers that this cell shows

    async #findExplorers() {
      this.#explorers = [];
      const roots = [...(this.live.hidden ? this.built : this.live)?.querySelectorAll('.ds-explorer') ?? []];
      if (!roots.length || FROM_A_FILE) return;  // a page opened from a file may load no module either
      const { explorerOf } = await (explorers ??= import(new URL(`explorers.mjs?v=${version}`, here).href));
      this.#explorers = roots.map(root => explorerOf(root, (...what) => this.#draw(...what), make));
      this.#warn();
    }

    // The pictures of an explorer are of the code that has made them.
    #warn() {
      const changed = this.#changed(this.#shows);
      const which = changed === this ? 'This cell' : `Cell ${changed?.number} above`;
      for (const explorer of this.#explorers)
        explorer.warn(changed ? `${which} has changed: these pictures show what the code did before. Run draws them anew.` : '');
    }

    // Draws what an explorer has no picture for; resolves to whether that failed.
    async #draw(explorer, { asked, name }, field) {
      const place = this.#explorers.indexOf(explorer);
      let now = explorer;
      const result = await this.#occupy(async () => {
        if (this.#changed(this.#shows)) {
          const ran = await this.#run(this);
          if (ran !== 'done') return ran;
          await this.#findExplorers();
          now = this.#explorers[place];
          if (!now) { this.say('The cell shows no such explorer any more.'); return 'failed'; }
          if (field !== undefined) now.focus(field);
        }
        now.said.replaceChildren();
        const out = this.#into(now.said);
        if (!this.hasRun) {
          const code = this.#upToHere;
          const [prepared] = await this.#work(this, { code: this.code, quiet: true }, out);
          if (prepared !== 'done') { this.#sayWhyNot(this, prepared, now.said); return prepared; }
          this.#ran = { age: python.age, code };
        }
        let frame;
        const [drawn, seconds] = await this.#work(this, { place, asked, name }, (kind, content) => {
          if (kind === 'frame') frame = JSON.parse(content); else out(kind, content);
        });
        if (drawn !== 'done') { this.#sayWhyNot(this, drawn, now.said); return drawn; }
        const picture = now.show(asked, frame);
        this.say(`Drawn in ${seconds} s`, `Drawn: ${frame.values.join(', ')}. ${picture.querySelector('title')?.textContent ?? ''}`);
        return drawn;
      });
      return result !== 'done';
    }

    // A figure keeps its number and, while the code is that of the page, its caption.
    #shell(outputs) {
      const figure = this.built?.querySelector(':scope > figure');
      if (!figure) return outputs;
      const shell = figure.cloneNode(false);
      const caption = [...figure.children].find(each => each.tagName === 'FIGCAPTION');
      shell.append(outputs, ...(caption && this.code === this.original ? [caption.cloneNode(true)] : []));
      return shell;
    }

    #heard(outputs) {
      const words = [...outputs.children].map(each =>
        each.querySelector('[aria-label]')?.getAttribute('aria-label') ?? each.textContent.trim()).join('. ');
      return words ? `It shows: ${words.slice(0, 300)}` : 'It shows nothing.';
    }
  }

  for (const root of document.querySelectorAll('div.cell'))
    if (root.querySelector('.cell_input') && !root.querySelector('.live-why')) new Cell(root);
})();
