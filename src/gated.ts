/**
 * A dialog that can be accepted only while what it shows can be.
 *
 * Rule: Enter never accepts by accident, and what is not ready does nothing.
 */
import { Dialog, type ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

/** What the dialog shows; it tells when that changes. */
export interface Gate extends ReactWidget {
  /** Whether what is shown can be accepted. */
  readonly ready: boolean;
  onChange: () => void;
}

export class GatedDialog extends Dialog<unknown> {
  constructor(
    private readonly gate: Gate,
    title: string,
    accept: string,
    trans: TranslationBundle
  ) {
    super({
      title,
      body: gate,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: accept })
      ],
      // Enter must not accept by accident.
      defaultButton: 0
    });
    this.addClass('kfnb-RestoreDialog');
    gate.onChange = () => this.follow();
    this.follow();
  }

  override resolve(index?: number): void {
    if (index !== 1 || this.gate.ready) {
      super.resolve(index);
    }
  }

  private follow(): void {
    const accept = this.node.querySelector<HTMLButtonElement>('.jp-mod-warn');
    if (accept) {
      accept.disabled = !this.gate.ready;
    }
  }
}
