/**
 * The notes, in memory, and how often each tool really ran: a status alone does not show that a
 * refused write did not happen.
 *
 * @module
 */

export interface Note {
  readonly text: string;
  readonly by: string;
}

export interface Notes {
  /** How often each tool ran, by the tool's name. */
  readonly runs: Readonly<Record<'read_notes' | 'add_note' | 'admin_purge', number>>;
  /** How many notes there are. Looking does not count as a run. */
  readonly size: number;
  read(): readonly Note[];
  add(note: Note): void;
  /** Removes all notes and returns how many there were. */
  purge(): number;
}

/** Makes a store with one note in it. */
export function createNotes(): Notes {
  const runs = { read_notes: 0, add_note: 0, admin_purge: 0 };
  const notes: Note[] = [{ text: 'Water the plants', by: 'mina' }];
  return {
    get runs() {
      return { ...runs };
    },
    get size() {
      return notes.length;
    },
    read() {
      runs.read_notes += 1;
      return [...notes];
    },
    add(note) {
      runs.add_note += 1;
      notes.push(note);
    },
    purge() {
      runs.admin_purge += 1;
      return notes.splice(0).length;
    },
  };
}
