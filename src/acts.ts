/**
 * What a person does with snapshots, with the question that comes before each act.
 *
 * Rule: what cannot be taken back is asked first; what was refused stays in sight as `failure`.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';
import { type ApiError, asApiError } from './client';
import type { EngineName, EntryList, Kept, Operation, Restore, Snapshot } from './contract';
import type { Leave } from './changing';
import { type Agreed, confirmRestore } from './restore';
import type { Running } from './running';
import type { Snapshots } from './snapshots';
import { title } from './views/snapshot';
import type { Acts } from './views/snapshots';
import type { Order } from './views/take';

export class Actions implements Acts {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly trans: TranslationBundle,
    private readonly running: Running = () => [],
    private readonly leave: Leave = () => undefined
  ) {}

  /** What the last act was refused with. */
  get failure(): ApiError | null {
    return this._failure;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  take = (order: Order): Promise<boolean> => this.attempt(() => this.snapshots.create(order));

  restore = (snapshot: Snapshot, paths: readonly string[]): void => {
    void this.attempt(async () => {
      const agreed = await confirmRestore(
        { engine: snapshot.engine as EngineName, snapshot: snapshot.id, paths, exact: false },
        {
          heading: this.restoreHeading(snapshot, paths),
          preview: request => this.snapshots.preview(request),
          ways: this.snapshots.engine(snapshot)?.can,
          running: this.running
        },
        this.trans
      );
      await (agreed && this.started(agreed, () => this.snapshots.restore(agreed.request)));
    });
  };

  undo = (restore: Restore, what: string): void => {
    const { trans } = this;
    const [first] = restore.switches;
    void this.attempt(async () => {
      const agreed = await confirmRestore(
        { engine: restore.engine as EngineName, snapshot: restore.snapshot },
        {
          heading:
            restore.grown !== null ? trans.__('Undo this growth?') : trans.__('Undo this restore?'),
          undo:
            restore.grown !== null && first
              ? trans.__(
                  '%1 The notebook restarts on %2 as it was left. What was written since is on %3 ' +
                    'alone, which is kept.',
                  what,
                  first.old,
                  first.new
                )
              : trans.__('%1 The workspace becomes again what it was before.', what),
          preview: () => this.snapshots.previewUndo(restore.id),
          running: this.running
        },
        trans
      );
      const { unguarded = false } = agreed?.request ?? {};
      await (agreed && this.started(agreed, () => this.snapshots.undo(restore.id, { unguarded })));
    });
  };

  verify = (snapshot: Snapshot): void => {
    void this.attempt(() => this.snapshots.verify(snapshot));
  };

  delete = (snapshot: Snapshot): void => {
    const { trans } = this;
    const restores = this.snapshots.list?.restores ?? [];
    this.confirmed(
      trans.__('Delete snapshot “%1”?', title(snapshot, trans)),
      restores.some(one => one.safety === snapshot.id && !one.undone && !one.switches.length)
        ? trans.__(
            'It cannot be brought back, and the restore that it was taken before cannot be ' +
              'undone then. The workspace and other snapshots stay as they are.'
          )
        : snapshot.volumes.length
          ? trans.__(
              'The cluster deletes it for good, with all its volumes: %1. The notebook and other ' +
                'snapshots stay as they are.',
              snapshot.volumes.map(volume => volume.claim).join(', ')
            )
          : trans.__(
              'It cannot be brought back. The workspace and other snapshots stay as they are.'
            ),
      trans.__('Delete'),
      () => this.snapshots.delete(snapshot)
    );
  };

  release = (kept: Kept): void => {
    const { trans } = this;
    this.confirmed(
      trans.__('Delete “%1”?', kept.name),
      trans.__(
        '%1 The cluster deletes it for good: a restore cannot go back to it then.',
        kept.why
      ),
      trans.__('Delete'),
      () => this.snapshots.release(kept)
    );
  };

  cancel = (operation: Operation): void => {
    void this.attempt(() => this.snapshots.cancel(operation.id));
  };

  browse = (snapshot: Snapshot, path: string): Promise<EntryList> =>
    this.snapshots.files(snapshot, path);

  contentUrl = (snapshot: Snapshot, path: string): string =>
    this.snapshots.contentUrl(snapshot, path);

  environment = (snapshot: Snapshot): ReturnType<NonNullable<Acts['environment']>> => ({
    changes: () => this.snapshots.environmentChanges(snapshot),
    file: format => this.snapshots.environmentFile(snapshot, format)
  });

  /** Documents are saved before the notebook ends, and its silence is expected. */
  private async started({ restart }: Agreed, begin: () => Promise<Operation>): Promise<void> {
    await (restart && this.snapshots.saveDocuments());
    const operation = await begin();
    if (restart) {
      this.leave(operation, 'restart');
    }
  }

  private restoreHeading(snapshot: Snapshot, paths: readonly string[]): string {
    const { trans } = this;
    const name = title(snapshot, trans);
    return paths.length
      ? trans.__('Restore “%1” from “%2”?', paths.join(', '), name)
      : snapshot.engine === 'csi'
        ? trans.__('Restore the volumes from “%1”?', name)
        : trans.__('Restore the whole workspace from “%1”?', name);
  }

  private confirmed(
    heading: string,
    body: string,
    accept: string,
    act: () => Promise<unknown>
  ): void {
    void this.attempt(async () => {
      const { button } = await showDialog({
        title: heading,
        body,
        buttons: [
          Dialog.cancelButton({ label: this.trans.__('Cancel') }),
          Dialog.warnButton({ label: accept })
        ],
        defaultButton: 0
      });
      if (button.accept) {
        await act();
      }
    });
  }

  /** Whether the act went through; if not, `failure` says why. */
  private async attempt(act: () => Promise<unknown>): Promise<boolean> {
    this.fail(null);
    try {
      await act();
      return true;
    } catch (error) {
      this.fail(asApiError(error));
      return false;
    }
  }

  private fail(failure: ApiError | null): void {
    this._failure = failure;
    this._changed.emit();
  }

  private _failure: ApiError | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
