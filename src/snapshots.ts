/**
 * The snapshots as the sidebar knows them, and what a person can do with them.
 *
 * Rule: an act returns when the server has accepted it; how far it is comes with the pod's status.
 */
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { ChangesClient } from './changes-client';
import { type ApiError, asApiError, type Client } from './client';
import type {
  EngineInfo,
  EngineName,
  EntryList,
  EnvironmentChanges,
  Kept,
  Operation,
  RestorePlan,
  RestoreRequest,
  Snapshot,
  SnapshotList,
  Text,
  UndoRequest,
  Verification
} from './contract';
import type { Pod } from './pod';
import type { Order } from './views/take';

/** So often a list is read again in which something changes by the cluster alone. */
const UNSETTLED_MS = 10_000;

export class Snapshots implements IDisposable {
  /** `save` writes unsaved documents to disk, so that a snapshot holds what the user sees. */
  constructor(
    private readonly client: Client,
    private readonly pod: Pod,
    private readonly save: () => Promise<void>
  ) {
    pod.ended.connect(this.onEnded);
    pod.changed.connect(this.onLooked);
  }

  /** The last list; null before the first answer. */
  get list(): SnapshotList | null {
    return this._list;
  }

  /** What keeps a snapshot, as the last list told of it. */
  engine(snapshot: Snapshot): EngineInfo | undefined {
    return this._list?.engines.find(one => one.engine === snapshot.engine);
  }

  /** Why the list could not be had; null when it could. */
  get error(): ApiError | null {
    return this._error;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What the last verify of a snapshot found, in this session. */
  verification(snapshot: string): Verification | undefined {
    return this._verifications.get(snapshot);
  }

  /** Whether this very sidebar has started the operation. */
  owns(operation: string): boolean {
    return this._own.has(operation);
  }

  async refresh(): Promise<void> {
    const question = ++this._asked;
    this._askedAt = Date.now();
    try {
      const list = await this.client.snapshots();
      if (question === this._asked) {
        this._list = list;
        this._error = null;
      }
    } catch (error) {
      this._error = asApiError(error);
    }
    this._changed.emit();
  }

  async create({ engine, name, note }: Order): Promise<Operation> {
    await this.save();
    const request = { engine: engine as EngineName, name, ...(note && { note }) };
    return this.started(this.client.create(request));
  }

  /** Writes unsaved documents to disk. */
  saveDocuments(): Promise<void> {
    return this.save();
  }

  preview(request: RestoreRequest): Promise<RestorePlan> {
    return this.client.preview(request);
  }

  restore(request: RestoreRequest): Promise<Operation> {
    return this.started(this.client.restore(request));
  }

  previewUndo(restore: string): Promise<RestorePlan> {
    return this.client.previewUndo(restore);
  }

  undo(restore: string, request: UndoRequest): Promise<Operation> {
    return this.started(this.client.undo(restore, request));
  }

  verify(snapshot: Snapshot): Promise<Operation> {
    return this.started(this.client.verify(snapshot));
  }

  release(kept: Kept): Promise<Operation> {
    return this.started(this.client.release(kept));
  }

  delete(snapshot: Snapshot): Promise<Operation> {
    return this.started(this.client.delete(snapshot));
  }

  async cancel(operation: string): Promise<void> {
    await this.client.cancel(operation);
    this.pod.refresh();
  }

  files(snapshot: Snapshot, path: string): Promise<EntryList> {
    return this.client.files(snapshot, path);
  }

  contentUrl(snapshot: Snapshot, path: string): string {
    return this.client.contentUrl(snapshot, path);
  }

  environmentChanges(snapshot: Snapshot): Promise<EnvironmentChanges> {
    return new ChangesClient(this.client).environmentChanges(snapshot);
  }

  environmentFile(snapshot: Snapshot, format: 'requirements' | 'notebook'): Promise<Text> {
    return new ChangesClient(this.client).environmentFile(snapshot, format);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this.pod.ended.disconnect(this.onEnded);
    this.pod.changed.disconnect(this.onLooked);
    Signal.clearData(this);
  }

  private async started(request: Promise<Operation>): Promise<Operation> {
    const operation = await request;
    this._own.add(operation.id);
    this.pod.follow(operation);
    return operation;
  }

  private readonly onEnded = (_pod: Pod, operation: Operation | null): void => {
    for (const verification of operation?.verification ?? []) {
      this._verifications.set(verification.snapshot, verification);
    }
    void this.refresh();
  };

  /** The status is only looked at while somebody looks: so nothing is asked while hidden. */
  private readonly onLooked = (): void => {
    const unsettled = this._list?.snapshots.some(
      ({ state }) => state === 'pending' || state === 'deleting'
    );
    if (unsettled && Date.now() - this._askedAt > UNSETTLED_MS) {
      void this.refresh();
    }
  };

  private _asked = 0;
  private _askedAt = 0;
  private _disposed = false;
  private _list: SnapshotList | null = null;
  private _error: ApiError | null = null;
  private readonly _own = new Set<string>();
  private readonly _verifications = new Map<string, Verification>();
  private readonly _changed = new Signal<this, void>(this);
}
