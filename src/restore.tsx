/**
 * The dialog before a restore: it shows what would happen, and only then can it be accepted.
 *
 * Rule: what is accepted is what was shown; while a new preview is made, Restore does nothing.
 */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { type ApiError, asApiError } from './client';
import type { RestorePlan, RestoreRequest } from './contract';
import { PlanView } from './views/plan';
import { Reason } from './views/reason';

type Preview = (request: RestoreRequest) => Promise<RestorePlan>;

/** Asks; returns what was agreed to, or null. */
export async function confirmRestore(
  request: RestoreRequest,
  heading: string,
  preview: Preview,
  trans: TranslationBundle
): Promise<RestoreRequest | null> {
  const body = new Body(request, preview, trans);
  const dialog = new RestoreDialog(body, heading, trans);
  void body.look(false);
  const { button } = await dialog.launch();
  return button.accept ? body.request : null;
}

class RestoreDialog extends Dialog<unknown> {
  constructor(
    private readonly bodyOfOurs: Body,
    title: string,
    trans: TranslationBundle
  ) {
    super({
      title,
      body: bodyOfOurs,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Restore') })
      ],
      // Enter must not restore by accident.
      defaultButton: 0
    });
    this.addClass('kfnb-RestoreDialog');
    bodyOfOurs.onChange = () => this.follow();
    this.follow();
  }

  override resolve(index?: number): void {
    if (index !== 1 || this.bodyOfOurs.ready) {
      super.resolve(index);
    }
  }

  private follow(): void {
    const accept = this.node.querySelector<HTMLButtonElement>('.jp-mod-warn');
    if (accept) {
      accept.disabled = !this.bodyOfOurs.ready;
    }
  }
}

class Body extends ReactWidget {
  constructor(
    public request: RestoreRequest,
    private readonly preview: Preview,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('kfnb-RestoreBody');
  }

  onChange: () => void = () => undefined;

  /** Whether what is shown can be accepted. */
  get ready(): boolean {
    return this.plan?.possible === true;
  }

  async look(exact: boolean): Promise<void> {
    const request = { ...this.request, exact };
    this.request = request;
    this.show_(null, null);
    try {
      const plan = await this.preview(request);
      // The box may have been ticked again meanwhile: then this is an answer to an old question.
      if (this.request === request) {
        this.show_(plan, null);
      }
    } catch (error) {
      if (this.request === request) {
        this.show_(null, asApiError(error));
      }
    }
  }

  protected override render(): JSX.Element {
    const { trans, plan, error } = this;
    return (
      <div>
        <div aria-live="polite" aria-busy={!plan && !error}>
          {plan ? <PlanView plan={plan} trans={trans} /> : null}
          {error ? <Reason reason={error.message} hint={error.hint} alert /> : null}
          {!plan && !error ? <p>{trans.__('Comparing with the workspace…')}</p> : null}
        </div>
        <label className="kfnb-Check">
          <input
            type="checkbox"
            checked={this.request.exact ?? false}
            onChange={event => void this.look(event.target.checked)}
          />
          <span>{trans.__('Also remove files created since (exact)')}</span>
        </label>
        <p className="kfnb-Note">
          {trans.__('A safety snapshot is taken first; the restore can be undone.')}
        </p>
      </div>
    );
  }

  private show_(plan: RestorePlan | null, error: ApiError | null): void {
    this.plan = plan;
    this.error = error;
    this.onChange();
    this.update();
  }

  private plan: RestorePlan | null = null;
  private error: ApiError | null = null;
}
