// Runs the reader's Python apart from the page, so that the page lives on whatever the code does.
//
// In:  { number, code }                    run a cell
// Out: { loaded, total }                   bytes, while Python comes
//      { ready: true }                     Python runs
//      { failed: why }                     Python cannot start
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
  return runner.run;
}

const post = (kind, text) => postMessage({ kind, text });
const run = start();
run.then(() => postMessage({ ready: true }), error => postMessage({ failed: String(error.message ?? error) }));

let queue = run;
onmessage = ({ data: { number, code } }) => {
  queue = queue.then(async () => {
    let ok = false;
    try {
      ok = await (await run)(number, code, post);
    } catch (error) {  // Python itself has fallen over: the memory is full, the stack is too deep
      post('error', String(error));
      postMessage({ failed: 'Python itself has stopped.' });
    }
    postMessage({ done: true, ok });
  });
};
