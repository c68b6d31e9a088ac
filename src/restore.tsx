/**
 * The dialog before a restore, or before one is taken back: it shows what would happen, and only
 * then can it be accepted.
 *
 * Rule: what is accepted is what was shown; while a new preview is made, the button does nothing.
 */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { type ApiError, asApiError } from './client';
import type { Power, RestorePlan, RestoreRequest } from './contract';
import { type Gate, GatedDialog } from './gated';
import type { Running } from './running';
import { Ends } from './views/ends';
import { PlanView } from './views/plan';
import { Reason } from './views/reason';
import { Tick } from './views/tick';
import { WayView } from './views/way';

/** A question, and what can be said to it. */
export interface Question {
  heading: string;
  /** What is to be taken back, in a sentence; empty: it is a restore. */
  undo?: string;
  preview: (request: RestoreRequest) => Promise<RestorePlan>;
  /** In which ways whole volumes can be restored here. */
  ways?: readonly Power[];
  /** What would end if the notebook restarts. */
  running: Running;
}

/** What was agreed to: the request, and whether the notebook restarts by it. */
export interface Agreed {
  request: RestoreRequest;
  restart: boolean;
}

/** Asks; returns what was agreed to, or null. */
export async function confirmRestore(
  request: RestoreRequest,
  question: Question,
  trans: TranslationBundle
): Promise<Agreed | null> {
  const body = new Body(request, question, trans);
  const accept = question.undo ? trans.__('Undo') : trans.__('Restore');
  const dialog = new GatedDialog(body, question.heading, accept, trans);
  void body.look({});
  const { button } = await dialog.launch();
  return button.accept ? { request: body.request, restart: body.restart } : null;
}

class Body extends ReactWidget implements Gate {
  constructor(
    public request: RestoreRequest,
    private readonly question: Question,
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

  /** Whether the notebook restarts by what is shown. */
  get restart(): boolean {
    return this.plan?.restart === true;
  }

  async look(changes: Partial<RestoreRequest>): Promise<void> {
    const request = { ...this.request, ...changes };
    this.request = request;
    this.show_(null, null);
    try {
      const plan = await this.question.preview(request);
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
    const { trans, plan, error, request, question } = this;
    const volumes = request.engine === 'csi';
    const choices = !question.undo;
    return (
      <div>
        {question.undo ? <p className="kfnb-Undone">{question.undo}</p> : null}
        {volumes && choices ? (
          <WayView
            request={request}
            ways={question.ways ?? []}
            onChange={way => void this.look(way)}
            trans={trans}
          />
        ) : null}
        <div aria-live="polite" aria-busy={!plan && !error}>
          {plan ? <PlanView plan={plan} trans={trans} /> : null}
          {plan?.possible && plan.restart ? (
            <Ends names={question.running()} trans={trans} />
          ) : null}
          {error ? <Reason reason={error.message} hint={error.hint} alert /> : null}
          {!plan && !error ? <p>{waiting(volumes, trans)}</p> : null}
        </div>
        {plan?.possible && lone(plan) ? (
          <Tick
            text={trans.__('Restart without a guardian: I can repair it by kubectl')}
            ticked={request.unguarded ?? false}
            onTick={unguarded => this.decide(unguarded)}
          />
        ) : null}
        {volumes || !choices ? null : (
          <Tick
            text={trans.__('Also remove files created since (exact)')}
            ticked={request.exact ?? false}
            onTick={exact => void this.look({ exact })}
          />
        )}
        <p className="kfnb-Note">{promise(request, choices, trans)}</p>
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
function promise(
  { engine, way }: RestoreRequest,
  restore: boolean,
  trans: TranslationBundle
): string {
  if (!restore) {
    return trans.__('This is a restore itself: it can be taken back in turn.');
  }
  if (engine === 'csi' && way === 'new_notebook') {
    return trans.__('This notebook and its volumes are not touched.');
  }
  if (engine === 'csi' && way === 'data_volume') {
    return trans.__('The present volumes stay as they are; the restore can be undone.');
  }
  return trans.__('A safety snapshot is taken first; the restore can be undone.');
}
