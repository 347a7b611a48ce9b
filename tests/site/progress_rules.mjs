// Calls functions of the scripts of progress outside a browser and prints what they return, as one JSON list.
//
// usage: node progress_rules.mjs FOLDER <CALLS
//   FOLDER  of the scripts
//   CALLS   JSON: a list of [function, argument, …]; "=n" as an argument is what the call number n returned
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const functions = { ...await import(join(folder, 'done.mjs')), ...await import(join(folder, 'files.mjs')) };

const returned = [];
for (const [name, ...given] of JSON.parse(readFileSync(0, 'utf8'))) {
  const value = each => (/^=\d+$/.test(each) ? returned[each.slice(1)] : each);
  returned.push(functions[name](...given.map(value)));
}
console.log(JSON.stringify(returned));
