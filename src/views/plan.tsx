/** What a restore would do, before it is done. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { PlanObject, RestorePlan } from '../contract';
import * as units from '../units';

export interface PlanProps {
  plan: RestorePlan;
  trans: TranslationBundle;
}

/** So many paths are named; a list of a thousand is not read. */
const NAMED = 50;

export function PlanView({ plan, trans }: PlanProps): JSX.Element {
  return (
    <div className="kfnb-Plan">
      {plan.findings.map(finding => (
        <p key={finding} className="kfnb-Level kfnb-mod-high">
          {finding}
        </p>
      ))}
      {plan.objects.length ? (
        <Objects objects={plan.objects} />
      ) : (
        <Files plan={plan} trans={trans} />
      )}
    </div>
  );
}

/** What happens to objects of the cluster. */
export function Objects({ objects }: { objects: readonly PlanObject[] }): JSX.Element | null {
  return objects.length ? (
    <ul className="kfnb-List">
      {objects.map(one => (
        <li key={`${one.act} ${one.kind} ${one.name}`}>
          <strong>{one.act}</strong> {one.kind} {one.name}: {one.text}
        </li>
      ))}
    </ul>
  ) : null;
}

/** What happens to files. */
function Files({ plan, trans }: PlanProps): JSX.Element {
  const create = plan.create ?? 0;
  const replace = plan.replace ?? 0;
  const remove = plan.remove ?? 0;
  return (
    <>
      {create + replace + remove === 0 ? (
        <p>{trans.__('Nothing would change: all is as it is in the snapshot.')}</p>
      ) : (
        <p>{trans.__('%1 will be written.', units.bytes(plan.bytes_to_write ?? 0))}</p>
      )}
      <Paths
        text={trans.__('Created: %1', create)}
        paths={plan.created_paths}
        count={create}
        trans={trans}
      />
      <Paths
        text={trans.__('Replaced: %1', replace)}
        paths={plan.replaced_paths}
        count={replace}
        trans={trans}
      />
      <Paths
        text={trans.__('Removed: %1', remove)}
        paths={plan.removed_paths}
        count={remove}
        trans={trans}
      />
      <p className="kfnb-Plan-row">{trans.__('Kept, created since: %1', plan.newer_kept)}</p>
      <p className="kfnb-Plan-row">{trans.__('Unchanged: %1', plan.unchanged)}</p>
    </>
  );
}

interface PathsProps {
  text: string;
  paths: readonly string[];
  count: number;
  trans: TranslationBundle;
}

function Paths({ text, paths, count, trans }: PathsProps): JSX.Element {
  if (!paths.length) {
    return <p className="kfnb-Plan-row">{text}</p>;
  }
  return (
    <details className="kfnb-Plan-row">
      <summary>{text}</summary>
      <ul>
        {paths.slice(0, NAMED).map(path => (
          <li key={path}>{path}</li>
        ))}
      </ul>
      {count > NAMED ? <p>{trans.__('and %1 more', count - NAMED)}</p> : null}
    </details>
  );
}
