/** What a change of the notebook would do, in the dialogs that come before it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { GrowPlan, PatchPlan, StopRequest } from '../contract';
import * as units from '../units';
import { Ends } from './ends';
import { Objects } from './plan';

interface PlanProps<T> {
  plan: T;
  /** What runs and would end by it. */
  names: readonly string[];
  trans: TranslationBundle;
}

export function PatchView({ plan, names, trans }: PlanProps<PatchPlan>): JSX.Element {
  return (
    <div className="kfnb-Plan">
      <p>
        <strong>{plan.title}</strong>
      </p>
      <Findings findings={plan.findings} possible={plan.possible} />
      {plan.possible && plan.restart ? <Ends names={names} trans={trans} /> : null}
      {plan.yaml ? (
        <details className="kfnb-Patch">
          <summary>{trans.__('What would change')}</summary>
          <pre tabIndex={0} aria-label={trans.__('What would change')}>
            {operations(plan.yaml)}
          </pre>
        </details>
      ) : null}
    </div>
  );
}

/** Without the words to whoever sends it by hand: here it is sent for him. */
function operations(yaml: string): string {
  return yaml
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n');
}

export function GrowthView({ plan, names, trans }: PlanProps<GrowPlan>): JSX.Element {
  const { size, wanted, mount } = plan;
  return (
    <div className="kfnb-Plan">
      {size !== null && wanted !== null ? (
        <p>
          {trans.__('From %1 to %2.', units.bytes(size), units.bytes(wanted))}
          {mount ? ` ${trans.__('Mounted at %1.', mount)}` : ''}
        </p>
      ) : null}
      <Findings findings={plan.findings} possible={plan.possible} />
      <Objects objects={plan.objects} />
      {plan.possible && plan.restart ? <Ends names={names} trans={trans} /> : null}
    </div>
  );
}

interface FindingsProps {
  findings: readonly string[];
  possible: boolean;
}

function Findings({ findings, possible }: FindingsProps): JSX.Element {
  return (
    <>
      {findings.map(one => (
        <p key={one} className={`kfnb-Level kfnb-mod-${possible ? 'high' : 'full'}`}>
          {one}
        </p>
      ))}
    </>
  );
}

/** A stop or a restart as it is chosen. */
export interface Ending {
  what: 'stop' | 'restart';
  value: Required<StopRequest>;
}

interface EndProps {
  what: Ending['what'];
  /** What runs and ends by it. */
  names: readonly string[];
  /** The engines that can take a snapshot before. */
  engines: readonly string[];
  onChange: (value: Ending['value']) => void;
  trans: TranslationBundle;
}

export function EndView({ what, names, engines, onChange, trans }: EndProps): JSX.Element {
  const [value, setValue] = React.useState<Ending['value']>({ snapshot: null, reason: '' });
  const set = (next: Ending['value']): void => {
    setValue(next);
    onChange(next);
  };
  return (
    <div className="kfnb-Plan">
      <p>
        {what === 'stop'
          ? trans.__('Its pod ends; volumes stay. It is started again where notebooks are listed.')
          : trans.__('Its pod ends and is made anew; volumes stay.')}
      </p>
      <p>{trans.__('Documents are saved first. What kernels hold in memory is lost.')}</p>
      <Ends names={names} trans={trans} />
      <label className="kfnb-Field">
        <span>{trans.__('Snapshot first')}</span>
        <select
          value={value.snapshot ?? ''}
          onChange={event => set({ ...value, snapshot: chosen(event.target.value) })}
        >
          <option value="">{trans.__('none')}</option>
          {engines.includes('local') ? (
            <option value="local">{trans.__('of the folder')}</option>
          ) : null}
          {engines.includes('csi') ? (
            <option value="csi">{trans.__('of the volumes')}</option>
          ) : null}
        </select>
      </label>
      {value.snapshot ? (
        <p className="kfnb-Note">{trans.__('Nothing ends unless it succeeds.')}</p>
      ) : null}
    </div>
  );
}

function chosen(value: string): Ending['value']['snapshot'] {
  return value === 'local' || value === 'csi' ? value : null;
}
