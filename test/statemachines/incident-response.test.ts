import { edgeName, edgesFrom, MACHINE, statesOf } from '../support/incident-machine';
import { entered, taken } from './runs';
import './responses';
import './severities';
import './approval';
import './failures';
import './redrives';
import './payloads';

// The machine in the interpreter, with one stub for each function. The cases stand beside this file; together they take every way.

describe('all runs together', () => {
  const all = statesOf(MACHINE);

  it('enter every state', () => {
    expect([...entered].sort()).toEqual(all.map(([name]) => name).sort());
  });

  it('take every way from one state to another', () => {
    expect([...taken].sort()).toEqual(all.flatMap(([name, state]) => edgesFrom(name, state).map(edgeName)).sort());
  });
});
