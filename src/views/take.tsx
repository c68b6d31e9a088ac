/**
 * Take a snapshot: of which kind where there are two, a name if one is wanted, a button, and what
 * to know before relying on it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineInfo } from '../contract';
import * as units from '../units';
import { Bar } from './bar';
import { Kinds } from './kinds';
import { Missing } from './missing';
import { Role } from './role';

/** What a person asks for. */
export interface Order {
  engine: string;
  name: string;
  note: string;
}

export interface TakeProps {
  /** Those there are here, at least one. */
  engines: readonly EngineInfo[];
  /** Why no snapshot can be taken just now; empty: it can. */
  refused: string;
  /** Resolves when the server has accepted it. */
  onTake: (order: Order) => Promise<boolean>;
  trans: TranslationBundle;
}

const LONGEST_NAME = 200;
const LONGEST_NOTE = 2000;

export function Take(props: TakeProps): JSX.Element | null {
  const { engines, onTake, trans } = props;
  const [chosen, choose] = React.useState('');
  const [name, setName] = React.useState('');
  const [note, setNote] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const engine = picked(engines, chosen);
  if (!engine) {
    return null;
  }
  const several = engines.length > 1;
  const refused = props.refused || engine.against;
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const order = { engine: engine.engine, name: name.trim(), note: several ? note.trim() : '' };
    const accepted = await onTake(order);
    setBusy(false);
    if (accepted) {
      setName('');
      setNote('');
    }
  };
  return (
    <form className="kfnb-Take" onSubmit={event => void submit(event)}>
      {several ? (
        <Kinds engines={engines} chosen={engine.engine} onChoose={choose} trans={trans} />
      ) : null}
      {engine.available ? (
        <>
          <label className="kfnb-Take-name">
            <span>{trans.__('Name (optional)')}</span>
            <input
              type="text"
              className="jp-mod-styled"
              value={name}
              maxLength={LONGEST_NAME}
              disabled={refused !== ''}
              placeholder={trans.__('before cleanup')}
              onChange={event => setName(event.target.value)}
            />
          </label>
          {several ? (
            <label className="kfnb-Take-name">
              <span>{trans.__('Note (optional)')}</span>
              <textarea
                className="jp-mod-styled"
                rows={2}
                value={note}
                maxLength={LONGEST_NOTE}
                disabled={refused !== ''}
                onChange={event => setNote(event.target.value)}
              />
            </label>
          ) : null}
          <button
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            disabled={busy || refused !== ''}
            aria-describedby="kfnb-take-notes"
          >
            {trans.__('Take snapshot')}
          </button>
          <div id="kfnb-take-notes">
            {refused ? <p className="kfnb-Level kfnb-mod-high">{refused}</p> : null}
            {engine.role ? (
              <Role
                role={engine.role}
                summary={trans.__('The role to send to the administrator')}
                trans={trans}
              />
            ) : null}
            {engine.note ? <p className="kfnb-Note">{engine.note}</p> : null}
          </div>
          <Space engine={engine} trans={trans} />
        </>
      ) : (
        <Missing engine={engine} trans={trans} />
      )}
    </form>
  );
}

/** The one that was chosen, else the first that can be used. */
function picked(engines: readonly EngineInfo[], chosen: string): EngineInfo | undefined {
  const named = engines.find(engine => engine.engine === chosen);
  return named ?? engines.find(engine => engine.available) ?? engines[0];
}

interface SpaceProps {
  engine: EngineInfo;
  trans: TranslationBundle;
}

function Space({ engine, trans }: SpaceProps): JSX.Element | null {
  const { used, allowed } = engine;
  if (used === null) {
    return null;
  }
  if (allowed === null) {
    return <p className="kfnb-Note">{trans.__('Snapshots take %1.', units.bytes(used))}</p>;
  }
  const text = trans.__(
    'Snapshots take %1 of %2 allowed.',
    units.bytes(used),
    units.bytes(allowed)
  );
  return (
    <div>
      <p className="kfnb-Note">{text}</p>
      <Bar
        ratio={allowed ? used / allowed : 1}
        label={trans.__('Space for snapshots')}
        text={text}
      />
    </div>
  );
}
