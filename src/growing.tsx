/**
 * The dialog before a growth by a larger claim: what is made, what restarts, and whether anybody
 * goes back if it does not start.
 */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { GrowPlan, GrowRequest } from './contract';
import { type Gate, GatedDialog } from './gated';
import { GrowthView } from './views/changing';
import { Tick } from './views/tick';

/** Asks; returns what was agreed to, or null. */
export async function confirmExchange(
  size: string,
  plan: GrowPlan,
  heading: string,
  names: readonly string[],
  trans: TranslationBundle
): Promise<GrowRequest | null> {
  const body = new Body(plan, names, trans);
  const accept = plan.restart ? trans.__('Make it larger and restart') : trans.__('Make it larger');
  const { button } = await new GatedDialog(body, heading, accept, trans).launch();
  return button.accept ? { size, way: plan.way, unguarded: body.unguarded } : null;
}

class Body extends ReactWidget implements Gate {
  constructor(
    private readonly plan: GrowPlan,
    private readonly names: readonly string[],
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('kfnb-RestoreBody');
  }

  onChange: () => void = () => undefined;

  /** A person's word that it may restart though nobody guards it. */
  unguarded = false;

  get ready(): boolean {
    return this.plan.possible && (!this.lone || this.unguarded);
  }

  protected override render(): JSX.Element {
    const { plan, names, trans } = this;
    return (
      <div>
        <GrowthView plan={plan} names={names} trans={trans} />
        {this.lone ? (
          <Tick
            text={trans.__('Restart without a guardian: I can repair it by kubectl')}
            ticked={this.unguarded}
            onTick={unguarded => this.decide(unguarded)}
          />
        ) : null}
        <p className="kfnb-Note">
          {trans.__(
            'The old claim is kept, and the growth can be undone. Documents are saved first.'
          )}
        </p>
      </div>
    );
  }

  private decide(unguarded: boolean): void {
    this.unguarded = unguarded;
    this.onChange();
    this.update();
  }

  /** Whether nobody could go back by himself while the notebook restarts. */
  private get lone(): boolean {
    return this.plan.restart && !this.plan.guardian;
  }
}
