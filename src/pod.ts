/**
 * The pod as the sidebar knows it: the last status and ten minutes of points.
 *
 * Rule: nothing is asked while nobody looks. Not before the first `look(true)`, not while the
 * panel or the browser's tab is hidden.
 */
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import { type ApiError, asApiError, type Client } from './client';
import type { GpuPoint, Operation, Point, Status } from './contract';

const HISTORY_MS = 10 * 60 * 1000;
const OPERATION_MS = 1000;
const BACKOFF_MAX_MS = 30 * 1000;

/** With the list that is read on opening, this keeps within 12 requests in any minute. */
export const SHOWN_MS = 5500;

export class Pod implements IDisposable {
  constructor(private readonly client: Pick<Client, 'status'>) {
    this.poll = new Poll({
      auto: false,
      name: 'kfnb-ext:pod',
      factory: () => this.ask(),
      frequency: { interval: SHOWN_MS, backoff: true, max: BACKOFF_MAX_MS },
      standby: 'when-hidden',
      linger: 0
    });
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  /** The last status; null before the first answer. */
  get status(): Status | null {
    return this._status;
  }

  /** Points of the last ten minutes, oldest first. */
  get points(): readonly Point[] {
    return this._points;
  }

  /** Readings of GPUs, which come more often than a status does. */
  get gpuPoints(): readonly GpuPoint[] {
    return this._gpuPoints;
  }

  /** Why the last question had no answer; null when it had one. */
  get error(): ApiError | null {
    return this._error;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted once for each operation that ran and has ended; null: it ended while none looked. */
  get ended(): ISignal<this, Operation | null> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  /** Milliseconds between two looks while no operation runs. */
  set interval(value: number) {
    this._interval = value;
    this.pace();
  }

  /** The panel came into view, or left it. */
  look(shown: boolean): void {
    if (shown !== this.shown) {
      this.shown = shown;
      this.start();
    }
  }

  /**
   * Look also while the panel is hidden, since the server is about to go; without an answer more
   * and more seldom, up to so many milliseconds. null: no more.
   */
  insist(most: number | null): void {
    if (most !== this.most) {
      const before = this.most;
      this.most = most;
      this.pace();
      if ((before === null) !== (most === null)) {
        this.start();
      }
    }
  }

  /** Follow an operation that was just started, before the next poll tells of it. */
  follow(operation: Operation): void {
    this.running.set(operation.id, operation);
    if (this._status) {
      this._status = this.complete(this._status);
    }
    this.pace();
    this._changed.emit();
    this.refresh();
  }

  /** Look now, if anybody looks at all. */
  refresh(): void {
    if (this.looking) {
      void this.poll.refresh();
    }
  }

  dispose(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.poll.dispose();
    Signal.clearData(this);
  }

  private get looking(): boolean {
    return this.shown || this.most !== null;
  }

  private start(): void {
    if (this.looking && document.visibilityState !== 'hidden') {
      void this.first();
    } else {
      void (this.looking ? this.poll.refresh() : this.poll.stop());
    }
  }

  /** Now: the poll's own first question would wait behind all that a starting page has to do. */
  private async first(): Promise<void> {
    await Promise.resolve();
    await this.ask().catch(() => undefined);
    if (this.looking) {
      await this.poll.schedule({ phase: 'started' });
    }
  }

  private async ask(): Promise<void> {
    const question = ++this.asked;
    try {
      const status = await this.client.status(this._points.at(-1)?.seq ?? 0);
      this.apply(question, status);
    } catch (error) {
      if (question > this.applied && !this.isDisposed) {
        this._error = asApiError(error);
        this._changed.emit();
      }
      throw error;
    }
  }

  /** Two questions may be under way at once: the answer to the later one wins. */
  private apply(question: number, status: Status): void {
    if (question <= this.applied || this.isDisposed) {
      return;
    }
    this.applied = question;
    this._error = null;
    const ended = this.settle(status);
    this._status = this.complete(status);
    this._points = join(this._points, status.history, status.taken);
    this._gpuPoints = join(this._gpuPoints, status.gpu_history, status.taken);
    this.pace();
    this._changed.emit();
    for (const operation of ended) {
      this._ended.emit(operation);
    }
  }

  /** Keeps book of what runs; returns what has ended. */
  private settle(status: Status): (Operation | null)[] {
    const told = new Map(status.operations.map(o => [o.id, o]));
    const ended: (Operation | null)[] = [];
    for (const [id, known] of this.running) {
      const now = told.get(id);
      if (now ? now.state !== 'running' : isAfter(status.taken, known.updated)) {
        this.running.delete(id);
        ended.push(now ?? null);
      }
    }
    for (const operation of told.values()) {
      if (operation.state === 'running') {
        this.running.set(operation.id, operation);
      }
    }
    return ended;
  }

  /** With the operations that are younger than the reading, which a server may give twice. */
  private complete(status: Status): Status {
    const told = new Set(status.operations.map(o => o.id));
    const younger = [...this.running.values()].filter(o => !told.has(o.id));
    return { ...status, operations: [...status.operations, ...younger] };
  }

  private pace(): void {
    const interval = this.running.size || this.most !== null ? OPERATION_MS : this._interval;
    const max = Math.max(this.most ?? BACKOFF_MAX_MS, interval);
    this.poll.frequency = { interval, backoff: true, max };
  }

  private onVisibility = (): void => {
    if (document.visibilityState === 'visible') {
      this.refresh();
    }
  };

  private readonly poll: Poll;
  private readonly running = new Map<string, Operation>();
  private shown = false;
  private most: number | null = null;
  private asked = 0;
  private applied = 0;
  private _interval = SHOWN_MS;
  private _status: Status | null = null;
  private _points: readonly Point[] = [];
  private _gpuPoints: readonly GpuPoint[] = [];
  private _error: ApiError | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Operation | null>(this);
}

function join<P extends Point | GpuPoint>(
  points: readonly P[],
  told: readonly P[],
  now: string
): readonly P[] {
  const last = points.at(-1)?.seq ?? 0;
  const oldest = Date.parse(now) - HISTORY_MS;
  const fresh = told.filter(point => point.seq > last);
  return [...points, ...fresh].filter(point => Date.parse(point.taken) >= oldest);
}

function isAfter(one: string, other: string): boolean {
  return Date.parse(one) > Date.parse(other);
}
