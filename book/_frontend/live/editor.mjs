// The editor of a cell: CodeMirror 6, coloured as the rest of the page.
import {
  bracketMatching, defaultKeymap, drawSelection, EditorState, EditorView, history, historyKeymap, HighlightStyle,
  indentOnInput, indentUnit, indentWithTab, keymap, lineNumbers, Prec, python, syntaxHighlighting, tags,
} from '../codemirror/codemirror.js';

// The names that Pygments gives to the same things, so that one style sheet serves both.
const likePygments = HighlightStyle.define([
  { tag: tags.keyword, class: 'k' },
  { tag: tags.operatorKeyword, class: 'ow' },
  { tag: [tags.string, tags.special(tags.string)], class: 's2' },
  { tag: tags.comment, class: 'c1' },
  { tag: tags.number, class: 'mi' },
  { tag: [tags.bool, tags.null], class: 'kc' },
  { tag: tags.definition(tags.function(tags.variableName)), class: 'nf' },
  { tag: tags.definition(tags.className), class: 'nc' },
  { tag: tags.meta, class: 'nd' },
  { tag: tags.operator, class: 'o' },
]);

// Opens an editor at the end of `parent`. Tab indents, as in every editor; Escape leaves.
export function openEditor({ parent, code, label, onChange, onRun, onLeave }) {
  const command = action => () => { action(); return true; };
  const host = document.createElement('div');
  host.className = 'live-editor highlight';
  host.addEventListener('keydown', event => event.stopPropagation());  // the theme would take “/” for its search
  parent.append(host);
  const view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(keymap.of([
          { key: 'Shift-Enter', run: command(onRun) },
          { key: 'Mod-Enter', run: command(onRun) },
          { key: 'Escape', run: command(onLeave) },
        ])),
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), indentUnit.of('    '),
        python(), syntaxHighlighting(likePygments),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of(update => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return { focus: () => view.focus(), destroy: () => { view.destroy(); host.remove(); } };
}
