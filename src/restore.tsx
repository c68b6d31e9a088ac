/**
 * The dialog before a restore: it shows what would happen, and only then can it be accepted.
 *
 * Rule: what is accepted is what was shown; while a new preview is made, Restore does nothing.
 */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { type ApiError, asApiError } from './client';
import type { RestorePlan, RestoreRequest } from './contract';
import { type Gate, GatedDialog } from './gated';
import { PlanView } from './views/plan';
import { Reason } from './views/reason';
import { Tick } from './views/tick';
import { WayView } from './views/way';

type Preview = (request: RestoreRequest) => Promise<RestorePlan>;

/** Asks; returns what was agreed to, or null. */
export async function confirmRestore(
  request: RestoreRequest,
  heading: string,
  preview: Preview,
  trans: TranslationBundle
): Promise<RestoreRequest | null> {
  const body = new Body(request, preview, trans);
  const dialog = new GatedDialog(body, heading, trans.__('Restore'), trans);
  void body.look({ exact: false });
  const { button } = await dialog.launch();
  return button.accept ? body.request : null;
}

class Body extends ReactWidget implements Gate {
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
    const { plan, request } = this;
    return plan?.possible === true && (!lone(plan) || request.unguarded === true);
  }

  async look(changes: Partial<RestoreRequest>): Promise<void> {
    const request = { ...this.request, ...changes };
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
    const { trans, plan, error, request } = this;
    const volumes = request.engine === 'csi';
    return (
      <div>
        {volumes ? (
          <WayView request={request} onChange={way => void this.look(way)} trans={trans} />
        ) : null}
        <div aria-live="polite" aria-busy={!plan && !error}>
          {plan ? <PlanView plan={plan} trans={trans} /> : null}
          {error ? <Reason reason={error.message} hint={error.hint} alert /> : null}
          {!plan && !error ? <p>{waiting(volumes, trans)}</p> : null}
        </div>
        {plan && lone(plan) ? (
          <Tick
            text={trans.__('Restart without a guardian: I can repair it by kubectl')}
            ticked={request.unguarded ?? false}
            onTick={unguarded => this.decide(unguarded)}
          />
        ) : null}
        {volumes ? null : (
          <Tick
            text={trans.__('Also remove files created since (exact)')}
            ticked={request.exact ?? false}
            onTick={exact => void this.look({ exact })}
          />
        )}
        <p className="kfnb-Note">{promise(request, trans)}</p>
      </div>
    );
  }

  /** The plan stays as it was shown: only the person's word is added. */
  private decide(unguarded: boolean): void {
    this.request = { ...this.request, unguarded };
    this.show_(this.plan, this.error);
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

/** Whether nobody could go back by himself while the notebook restarts. */
function lone(plan: RestorePlan): boolean {
  return plan.restart && !plan.guardian;
}

function waiting(volumes: boolean, trans: TranslationBundle): string {
  return volumes
    ? trans.__('Asking the cluster whether it would allow it…')
    : trans.__('Comparing with the workspace…');
}

/** What a person can rely on. */
function promise({ engine, way }: RestoreRequest, trans: TranslationBundle): string {
  if (engine === 'csi' && way === 'new_notebook') {
    return trans.__('This notebook and its volumes are not touched.');
  }
  if (engine === 'csi' && way === 'data_volume') {
    return trans.__('The present volumes stay as they are; the restore can be undone.');
  }
  return trans.__('A safety snapshot is taken first; the restore can be undone.');
}
