/**
 * Changes of this notebook in the cluster, with the dialog that comes before each.
 *
 * Rule: what is accepted is what was shown; documents are saved before the notebook ends.
 */
import { Dialog, InputDialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';
import type { Way } from './away';
import type { ChangesClient } from './changes-client';
import { type ApiError, asApiError } from './client';
import type { GrowPlan, Operation, Patched, PatchPlan } from './contract';
import { confirmExchange } from './growing';
import type { Pod } from './pod';
import type { Running } from './running';
import { EndView, type Ending, GrowthView, PatchView } from './views/changing';

/** Where an act is asked for. */
export type Place = 'activity' | 'limits' | 'volumes';

/** Told of an operation by which this page loses its server. */
export type Leave = (operation: Operation, way: Way) => void;

/** The engines that can take a snapshot now. */
export type Engines = () => readonly string[];

export class Changes {
  constructor(
    private readonly client: ChangesClient,
    private readonly pod: Pick<Pod, 'follow'>,
    private readonly save: () => Promise<void>,
    private readonly running: Running,
    private readonly engines: Engines,
    private readonly leave: Leave,
    private readonly trans: TranslationBundle
  ) {}

  /** What the last act was refused with, where it was asked for. */
  failureAt(place: Place): ApiError | null {
    return this._failure?.place === place ? this._failure.error : null;
  }

  /** The last patch of the Notebook that can be taken back; null: none, or not known. */
  get undoable(): Patched | null {
    return this._undoable;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Look what was patched before. */
  async refresh(): Promise<void> {
    const found = await this.client.patches().catch(() => null);
    this._undoable = found?.patches.find(one => !one.undone) ?? null;
    this._changed.emit();
  }

  fix = (advice: string): void => {
    const { client, trans } = this;
    void this.attempt('limits', async () => {
      const plan = await client.previewPatch({ advice });
      if (await this.agreed(trans.__('Change the Notebook?'), this.patchBody(plan), plan)) {
        await this.save();
        this.follow(await client.patch({ advice, shown: plan.yaml }), plan);
        await this.refresh();
      }
    });
  };

  undo = ({ id, title }: Patched): void => {
    const { client, trans } = this;
    void this.attempt('limits', async () => {
      const plan = await client.previewUnpatch(id);
      const heading = trans.__('Take back “%1”?', title);
      if (await this.agreed(heading, this.patchBody(plan), plan)) {
        await this.save();
        this.follow(await client.unpatch(id), plan);
        await this.refresh();
      }
    });
  };

  grow = (claim: string): void => {
    const { client, trans } = this;
    void this.attempt('volumes', async () => {
      const asked = await InputDialog.getText({
        title: trans.__('Make %1 larger', claim),
        label: trans.__('To 20Gi, or by +5Gi. It cannot be made smaller again.'),
        placeholder: '+5Gi',
        okLabel: trans.__('Preview')
      });
      const size = asked.button.accept ? (asked.value ?? '').trim() : '';
      if (!size) {
        return;
      }
      const plan = await client.previewGrowth(claim, { size });
      const heading = trans.__('Make %1 larger?', claim);
      if (plan.way === 'switch' && plan.possible) {
        const agreed = await confirmExchange(size, plan, heading, this.running(), trans);
        if (agreed) {
          await this.save();
          this.follow(await client.grow(claim, agreed), plan);
        }
      } else if (
        await this.agreed(heading, this.growthBody(plan), plan, trans.__('Make it larger'))
      ) {
        this.follow(await client.grow(claim, { size, way: plan.way }), plan);
      }
    });
  };

  end = (what: Ending['what']): void => {
    const { client, trans } = this;
    void this.attempt('activity', async () => {
      const body = new EndBody(what, this.running(), this.engines(), trans);
      const stop = what === 'stop';
      const { button, value } = await showDialog({
        title: stop ? trans.__('Stop this notebook?') : trans.__('Restart this notebook?'),
        body,
        buttons: [
          Dialog.cancelButton({ label: trans.__('Cancel') }),
          Dialog.warnButton({ label: stop ? trans.__('Stop') : trans.__('Restart') })
        ],
        defaultButton: 0
      });
      if (button.accept && value !== null) {
        await this.save();
        const operation = await client.endNotebook(what, value);
        this.pod.follow(operation);
        this.leave(operation, what);
      }
    });
  };

  private follow(operation: Operation, { restart }: { restart: boolean }): void {
    this.pod.follow(operation);
    if (restart) {
      this.leave(operation, 'restart');
    }
  }

  private patchBody(plan: PatchPlan): ReactWidget {
    return widget(<PatchView plan={plan} names={this.running()} trans={this.trans} />);
  }

  private growthBody(plan: GrowPlan): ReactWidget {
    return widget(<GrowthView plan={plan} names={this.running()} trans={this.trans} />);
  }

  /** Shows a plan; whether it was agreed to. One that cannot be done can only be closed. */
  private async agreed(
    title: string,
    body: ReactWidget,
    { possible }: { possible: boolean },
    accept = this.trans.__('Change it')
  ): Promise<boolean> {
    const { trans } = this;
    const { button } = await showDialog({
      title,
      body,
      buttons: possible
        ? [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label: accept })]
        : [Dialog.cancelButton({ label: trans.__('Close') })],
      defaultButton: 0
    });
    return possible && button.accept;
  }

  private async attempt(place: Place, act: () => Promise<void>): Promise<void> {
    this._failure = null;
    try {
      await act();
    } catch (error) {
      this._failure = { place, error: asApiError(error) };
    }
    this._changed.emit();
  }

  private _failure: { place: Place; error: ApiError } | null = null;
  private _undoable: Patched | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

function widget(element: JSX.Element): ReactWidget {
  const made = ReactWidget.create(element);
  made.addClass('kfnb-RestoreBody');
  return made;
}

/** The body of the dialog before a stop: it gives what was chosen. */
class EndBody extends ReactWidget {
  constructor(
    private readonly what: Ending['what'],
    private readonly names: readonly string[],
    private readonly engines: readonly string[],
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('kfnb-RestoreBody');
  }

  getValue(): Ending['value'] {
    return this.value;
  }

  protected override render(): JSX.Element {
    const { what, names, engines, trans } = this;
    const onChange = (value: Ending['value']): void => {
      this.value = value;
    };
    return <EndView {...{ what, names, engines, onChange, trans }} />;
  }

  private value: Ending['value'] = { snapshot: null, reason: '' };
}
