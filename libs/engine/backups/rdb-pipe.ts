/** How many bytes the reader may lag behind. */
const capacity = 4 * 1024 * 1024;

/** Places in the control words. Both counters are bytes modulo 2^32, which the capacity divides. */
const written = 0;
const taken = 1;
const ended = 2;
/** Set by a writer that found the pipe full. */
const waiting = 3;
/** Counts what the reader may sleep through: bytes and the end. */
const changes = 4;
const controlBytes = 20;

/** Memory of two threads that bytes go through, in order: one thread puts and never blocks, the other takes and blocks. */
export class RdbPipe {
  private readonly control: Int32Array;
  private readonly ring: Uint8Array;
  /** How many bytes of the last piece are given back with the next call. */
  private lent = 0;

  constructor(readonly memory = new SharedArrayBuffer(controlBytes + capacity)) {
    this.control = new Int32Array(memory, 0, controlBytes / 4);
    this.ring = new Uint8Array(memory, controlBytes);
  }

  /** Copies as much as there is room for, and says how much. After 0 the reader announces room. */
  put(bytes: Uint8Array): number {
    let room = this.room();
    if (room === 0) {
      Atomics.store(this.control, waiting, 1);
      // The reader may have made room before it could see the flag.
      room = this.room();
      if (room === 0) return 0;
      Atomics.store(this.control, waiting, 0);
    }
    const at = Atomics.load(this.control, written) & (capacity - 1);
    const count = Math.min(bytes.length, room, capacity - at);
    this.ring.set(bytes.subarray(0, count), at);
    Atomics.add(this.control, written, count);
    // To wake a thread costs as much as many bytes: a reader that sleeps may sleep on until it is worth while, or the end.
    if (capacity - room + count >= mostLent) this.wake();
    return count;
  }

  /** No more is put. */
  end(): void {
    Atomics.store(this.control, ended, 1);
    this.wake();
  }

  /** Blocks until a good part is there, or the end. They are good until the next call; null after the last. `announce` is called when a writer waits. */
  take(announce: () => void): Uint8Array | null {
    this.giveBack(announce);
    const start = Atomics.load(this.control, taken);
    for (;;) {
      // Before anything else is looked at: what comes after the look ends the sleep.
      const seen = Atomics.load(this.control, changes);
      const isEnd = Atomics.load(this.control, ended) === 1;
      const count = (Atomics.load(this.control, written) - start) >>> 0;
      if (count > 0) {
        const at = start & (capacity - 1);
        this.lent = Math.min(count, capacity - at, mostLent);
        return this.ring.subarray(at, at + this.lent);
      }
      if (isEnd) return null;
      Atomics.wait(this.control, changes, seen);
    }
  }

  private giveBack(announce: () => void): void {
    if (this.lent === 0) return;
    Atomics.add(this.control, taken, this.lent);
    this.lent = 0;
    if (Atomics.compareExchange(this.control, waiting, 1, 0) === 1) announce();
  }

  private wake(): void {
    Atomics.add(this.control, changes, 1);
    Atomics.notify(this.control, changes);
  }

  private room(): number {
    return capacity - ((Atomics.load(this.control, written) - Atomics.load(this.control, taken)) >>> 0);
  }
}

/** A part of the whole, so that a writer need not wait for all of it. */
const mostLent = capacity / 4;
