/** An operation on its way: what it does, who runs it, how far it is, and Cancel. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Operation } from '../contract';
import * as units from '../units';
import { Reason } from './reason';

export interface OperationProps {
  operation: Operation;
  onCancel: (operation: Operation) => void;
  trans: TranslationBundle;
}

export function OperationView({ operation, onCancel, trans }: OperationProps): JSX.Element {
  if (operation.state !== 'running') {
    return <Reason reason={operation.message || operation.title} hint={operation.hint} />;
  }
  const { done, total, title } = operation;
  const ratio = total ? Math.min(1, done / total) : undefined;
  const asked = operation.cancel_requested;
  return (
    <div className="kfnb-Operation" role="group" aria-label={title}>
      <p className="kfnb-Operation-title">{title}</p>
      {/* Without a value the browser shows that it cannot be told yet. */}
      <progress aria-label={title} {...(ratio === undefined ? {} : { value: ratio })} />
      <div className="kfnb-Row">
        <span className="kfnb-Note kfnb-Row-grow">{extent(operation, ratio, trans)}</span>
        <button
          type="button"
          className="kfnb-Button"
          disabled={asked}
          onClick={() => onCancel(operation)}
        >
          {asked ? trans.__('Stopping…') : trans.__('Cancel')}
        </button>
      </div>
      <p className="kfnb-Note" aria-live="polite">
        {asked ? trans.__('Stopping…') : operation.phase}
      </p>
      <p className="kfnb-Note">{runBy(operation, trans)}</p>
    </div>
  );
}

function extent(operation: Operation, ratio: number | undefined, trans: TranslationBundle): string {
  const { done, total, unit } = operation;
  const format = unit === 'bytes' ? units.bytes : units.count;
  if (ratio === undefined || total === null) {
    return done > 0 ? format(done) : '';
  }
  return trans.__('%1 · %2 of %3', units.percent(ratio), format(done), format(total));
}

function runBy({ owner }: Operation, trans: TranslationBundle): string {
  switch (owner.face) {
    case 'server':
      return trans.__('Run by the Jupyter server.');
    case 'kernel':
      return trans.__('Run by a notebook (kernel process %1).', owner.pid);
    case 'shell':
      return trans.__('Run in a shell (process %1).', owner.pid);
  }
}
