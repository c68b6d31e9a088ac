/**
 * The dialog that stays while the notebook is away. JupyterLab's own about a lost connection waits
 * behind it, and is gone with the reload.
 *
 * Rule: one for each time; whoever closed it is not shown it again, and reads it in the sidebar.
 */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';
import type { Away } from './away';
import { AwayView } from './views/away';

export class AwayDialogs implements IDisposable {
  constructor(
    private readonly away: Away,
    private readonly reload: () => void,
    private readonly trans: TranslationBundle
  ) {
    away.changed.connect(this.onChanged);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this.away.changed.disconnect(this.onChanged);
    this.dialog?.reject();
  }

  private readonly onChanged = (): void => {
    const { stage } = this.away;
    if (stage === null || stage === 'expected') {
      this.dialog?.reject();
      this.told = false;
    } else if (!this.told) {
      this.told = true;
      void this.tell();
    }
  };

  private async tell(): Promise<void> {
    const body = new Body(this.away, this.trans);
    const dialog = new ReloadDialog(this.away, body, this.trans);
    this.dialog = dialog;
    const { button } = await dialog.launch();
    this.dialog = null;
    if (button.accept) {
      this.reload();
    }
  }

  private dialog: Dialog<unknown> | null = null;
  private told = false;
  private _disposed = false;
}

/** Its second button does something only when there is a server to reload from. */
class ReloadDialog extends Dialog<unknown> {
  constructor(
    private readonly away: Away,
    body: Body,
    trans: TranslationBundle
  ) {
    super({
      title: away.way === 'stop' ? trans.__('Stop of the notebook') : trans.__('Restart'),
      body,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Close') }),
        Dialog.okButton({ label: trans.__('Reload the page') })
      ],
      defaultButton: 0
    });
    this.addClass('kfnb-AwayDialog');
    away.changed.connect(this.follow);
    this.follow();
  }

  override dispose(): void {
    this.away.changed.disconnect(this.follow);
    super.dispose();
  }

  override resolve(index?: number): void {
    if (index !== 1 || this.away.stage === 'back') {
      super.resolve(index);
    }
  }

  private readonly follow = (): void => {
    const accept = this.node.querySelector<HTMLButtonElement>('.jp-Dialog-button.jp-mod-accept');
    if (accept) {
      accept.disabled = this.away.stage !== 'back';
    }
  };
}

class Body extends ReactWidget {
  constructor(
    private readonly away: Away,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('kfnb-RestoreBody');
    away.changed.connect(this.redraw);
  }

  override dispose(): void {
    this.away.changed.disconnect(this.redraw);
    super.dispose();
  }

  protected override render(): JSX.Element | null {
    const { stage, way, since, long } = this.away;
    return stage ? <AwayView {...{ stage, way, since, long }} trans={this.trans} /> : null;
  }

  private readonly redraw = (): void => {
    this.update();
  };
}
