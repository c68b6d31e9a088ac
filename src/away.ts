/**
 * The time in which the notebook is away: a person let it restart or stop, and its server goes.
 *
 * Rule: it asks nothing by itself. The pod's own poll goes on, more and more seldom, until another
 * server answers; and only what was agreed to is called a restart, any other silence is not.
 */
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { ApiError } from './client';
import type { Operation, Status } from './contract';
import type { Pod } from './pod';

export type Way = 'restart' | 'stop';
/** `expected`: agreed to; `going`: begun; `away`: no answer; `back`: another server answers. */
export type Stage = 'expected' | 'going' | 'away' | 'back';

/** A server that still answers after so long is not the one of the pod. */
const GOING_MS = 2 * 60 * 1000;
/** A restart that takes so long is looked at by a person. */
const LONG_MS = 10 * 60 * 1000;
/** The most between two looks: of a notebook that is soon back, and of one that is not. */
const OFTEN_MS = 10 * 1000;
const SELDOM_MS = 30 * 1000;
/** Who is told so by the new server: it does not know this page. */
const STRANGER = [401, 403];

export class Away implements IDisposable {
  constructor(
    private readonly pod: Pick<Pod, 'status' | 'error' | 'changed' | 'insist'>,
    private readonly now: () => number = Date.now
  ) {
    pod.changed.connect(this.onChanged);
  }

  /** How far it is; null: nothing is expected to end. */
  get stage(): Stage | null {
    return this._stage;
  }

  get way(): Way {
    return this._way;
  }

  /** Since when no server answers, ISO 8601; empty: one does. */
  get since(): string {
    return this._since === null ? '' : new Date(this._since).toISOString();
  }

  /** Whether it takes longer than a restart does. */
  get long(): boolean {
    return this._since !== null && this.now() - this._since > LONG_MS;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** An operation was begun by which this page loses its server. */
  expect(operation: Operation, way: Way): void {
    this.operation = operation.id;
    this.server = this.pod.status?.served_since ?? null;
    this._way = way;
    this._since = null;
    this.ended = null;
    this.turn('expected');
    this.pod.insist(way === 'stop' ? SELDOM_MS : OFTEN_MS);
  }

  dispose(): void {
    this._disposed = true;
    this.pod.changed.disconnect(this.onChanged);
    Signal.clearData(this);
  }

  private readonly onChanged = (): void => {
    const { status, error } = this.pod;
    if (this._stage === null || this._stage === 'back') {
      return;
    }
    if (error) {
      this.silent(error);
    } else if (status) {
      this.answered(status);
    }
  };

  private silent(error: ApiError): void {
    if (this._since !== null && STRANGER.includes(error.status)) {
      this.turn('back');
    } else if (this._since === null) {
      this._since = this.now();
      this.turn('away');
    } else {
      if (this.long) {
        this.pod.insist(SELDOM_MS);
      }
      this._changed.emit();
    }
  }

  private answered(status: Status): void {
    this.server ??= status.served_since;
    if (status.served_since !== this.server) {
      this.turn('back');
      return;
    }
    this._since = null;
    const known = status.operations.find(one => one.id === this.operation);
    if (known?.state === 'failed' || known?.state === 'cancelled') {
      this.turn(null);
      return;
    }
    if (known?.state === 'succeeded') {
      this.ended ??= this.now();
    }
    if (this.ended === null) {
      this.turn('expected');
    } else {
      this.turn(this.now() - this.ended > GOING_MS ? null : 'going');
    }
  }

  private turn(stage: Stage | null): void {
    const before = this._stage;
    this._stage = stage;
    if (stage === null || stage === 'back') {
      this.pod.insist(null);
    }
    if (stage !== before) {
      this._changed.emit();
    }
  }

  private operation = '';
  private server: string | null = null;
  private ended: number | null = null;
  private _stage: Stage | null = null;
  private _way: Way = 'restart';
  private _since: number | null = null;
  private _disposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
