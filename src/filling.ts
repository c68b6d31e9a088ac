/**
 * What fills the pod as the sidebar knows it, and what a person can do about it.
 *
 * Rule: what removes or ends anything is asked first, with what it costs; nothing is asked of the
 * server before the section is open.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type ApiError, asApiError, type Client } from './client';
import type { Cleared, Filling, Holder, Item, Leftover, Operation } from './contract';
import type { Pod } from './pod';
import * as units from './units';

const KINDS: readonly string[] = ['scan', 'remove', 'empty'];

export class FillingModel implements IDisposable {
  /** `reveal` shows a path of the workspace in the file browser; null where there is none. */
  constructor(
    private readonly client: Client,
    private readonly pod: Pod,
    private readonly trans: TranslationBundle,
    readonly reveal: ((path: string) => void) | null
  ) {
    pod.ended.connect(this.onEnded);
  }

  /** The folder that is shown; null before the first answer. */
  get shown(): Filling | null {
    return this._shown;
  }

  /** Why the last question or act had no result. */
  get failure(): ApiError | null {
    return this._failure;
  }

  /** What the last act on shared memory did. */
  get cleared(): Cleared | null {
    return this._cleared;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Those operations of the status that are about this. */
  running(operations: readonly Operation[]): Operation[] {
    return operations.filter(o => KINDS.includes(o.kind) && o.state === 'running');
  }

  /** Shows a folder of the last scan; "" is the top. */
  open = (path: string): void => {
    this.path = path;
    void this.attempt(() => this.load());
  };

  scan = (full: boolean): void => {
    void this.attempt(async () => this.pod.follow(await this.client.scan({ full })));
  };

  cancel = (operation: Operation): void => {
    void this.attempt(() => this.client.cancel(operation.id));
  };

  trash = (item: Item): void => {
    const { trans } = this;
    this.remove(
      item,
      'trash',
      trans.__('Move “%1” to the trash?', item.path),
      trans.__('This frees nothing until the trash is emptied; until then it can be brought back.'),
      trans.__('Move to trash')
    );
  };

  delete = (item: Item): void => {
    const { trans } = this;
    this.remove(
      item,
      'delete',
      trans.__('Delete “%1”?', item.path),
      trans.__('%1 are freed. It cannot be brought back.', units.bytes(item.bytes)),
      trans.__('Delete')
    );
  };

  empty = (): void => {
    const { trans } = this;
    this.confirmed(
      trans.__('Empty the trash?'),
      trans.__('What lies in it cannot be brought back.'),
      trans.__('Empty trash'),
      async () => this.pod.follow(await this.client.emptyTrash())
    );
  };

  end = (holder: Holder): void => {
    const { trans } = this;
    const what = holder.tasks.map(task => `${task.pid} ${task.command}`).join(', ');
    this.confirmed(
      trans.__('End what “%1” has left?', holder.name),
      trans.__('Its kernel is gone, and these processes are not: %1', what),
      trans.__('End them'),
      () => this.clearing(() => this.client.endOrphans({ tasks: holder.tasks }))
    );
  };

  clear = (files: readonly Leftover[]): void => {
    const { trans } = this;
    const names = files.map(file => file.name);
    this.confirmed(
      trans._n('Remove %1 file from /dev/shm?', 'Remove %1 files from /dev/shm?', names.length),
      trans.__('No process has them mapped: %1', names.join(', ')),
      trans.__('Remove'),
      () => this.clearing(() => this.client.clearShm({ names }))
    );
  };

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this.pod.ended.disconnect(this.onEnded);
    Signal.clearData(this);
  }

  private remove(
    item: Item,
    how: 'trash' | 'delete',
    heading: string,
    body: string,
    accept: string
  ): void {
    const cost = item.cache ? `${item.cache.cost} ` : '';
    this.confirmed(heading, cost + body, accept, async () =>
      this.pod.follow(await this.client.remove({ path: item.path, how }))
    );
  }

  private confirmed(title: string, body: string, label: string, act: () => Promise<unknown>): void {
    void this.attempt(async () => {
      const { button } = await showDialog({
        title,
        body,
        buttons: [
          Dialog.cancelButton({ label: this.trans.__('Cancel') }),
          Dialog.warnButton({ label })
        ],
        defaultButton: 0
      });
      if (button.accept) {
        await act();
      }
    });
  }

  private async clearing(act: () => Promise<Cleared>): Promise<void> {
    this._cleared = await act();
    this.pod.refresh();
  }

  private async load(): Promise<void> {
    this._shown = await this.client.filling(this.path);
  }

  private async attempt(act: () => Promise<unknown>): Promise<void> {
    this._failure = null;
    this._changed.emit();
    try {
      await act();
    } catch (error) {
      this._failure = asApiError(error);
    }
    this._changed.emit();
  }

  private readonly onEnded = (_: Pod, operation: Operation | null): void => {
    if (operation && KINDS.includes(operation.kind)) {
      // What was removed may have been the folder that is shown.
      const up = operation.kind === 'remove' ? this.path.replace(/(^|\/)[^/]*$/, '') : this.path;
      void this.attempt(async () => {
        try {
          await this.load();
        } catch {
          this.path = up;
          await this.load();
        }
      });
    }
  };

  private path = '';
  private _disposed = false;
  private _shown: Filling | null = null;
  private _failure: ApiError | null = null;
  private _cleared: Cleared | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
