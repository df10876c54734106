/** Prints the outcome of the vectors as one line of JSON. */
import { runVectors } from './vectors.js';

console.log(JSON.stringify(runVectors()));
