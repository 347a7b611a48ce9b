// Runs the reader's Python apart from the page, so that the page lives on whatever the code does.
//
// In:  { number, code, quiet }             run a cell; a quiet one shows nothing
//      { number, place, asked, name }      draw what an explorer of a cell shows for other values
// Out: { loaded, total }                   bytes, while Python comes
//      { ready: true }                     Python runs
//      { failed: why }                     Python cannot start, or has fallen over
//      { kind, text }                      an output of the running cell
//      { done: true, ok }                  the cell has ended
import { loadPyodide } from '../pyodide/pyodide.mjs';
import { LOCK } from '../pyodide/lock.mjs';

const parameters = new URL(import.meta.url).searchParams;
const total = Number(parameters.get('total'));

// Counts bytes on their way to Pyodide, which says nothing while it loads.
const { fetch } = self;
let loaded = 0;
self.fetch = async (...request) => {
  const response = await fetch(...request);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  const count = new TransformStream({
    transform(chunk, out) {
      loaded += chunk.byteLength;
      postMessage({ loaded, total });
      out.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), { headers: response.headers });
};
const fetched = name => self.fetch(new URL(`${name}?v=${parameters.get('v')}`, import.meta.url));

// The memory of a Python that has imported everything already; see snapshot.mjs.
async function memory() {
  const { body } = await fetched('snapshot.gz');
  const bytes = await new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  return new Uint8Array(bytes);
}

async function start() {
  const archive = fetched('python.zip').then(answer => answer.arrayBuffer());
  const indexURL = new URL('../pyodide/', import.meta.url).href;
  const python = await loadPyodide({ indexURL, lockFileContents: LOCK, _loadSnapshot: memory() });
  // The sources, for tracebacks and for `source(…)`; and chance, which was the same for all in that memory.
  python.unpackArchive(await archive, 'zip', { extractDir: '/course' });
  python.runPython('import random; random.seed()');
  const runner = python.pyimport('runner');
  runner.install();
  return runner;
}

const post = (kind, text) => postMessage({ kind, text });
const ready = start();
ready.then(() => postMessage({ ready: true }), error => postMessage({ failed: String(error.message ?? error) }));

// Python itself has fallen over: the stack is too deep, or a cell has ended it. No cell hears of that.
for (const kind of ['error', 'unhandledrejection']) self.addEventListener(kind, event => {
  event.preventDefault();
  postMessage({ failed: 'Python itself has fallen over, perhaps by a recursion too deep. The next run starts a new one.' });
});

let queue = ready;
onmessage = ({ data: { number, code, quiet = false, place, asked, name } }) => {
  queue = queue.then(async () => {
    const runner = await ready;
    const ok = await (name ? runner.draw(number, place, asked, name, post) : runner.run(number, code, post, quiet));
    postMessage({ done: true, ok });
  });
};
