import { Brain, Check, Eye, FlaskConical, Globe, HardDrive, Star, Wrench } from "lucide-react";
import { price, shortCount } from "@/lib/figures";
import { hasHue, hueNumberOf } from "@/lib/hues";
import { providerOf } from "@/lib/target";
import type { Entry, Mark } from "./models";
import styles from "./TargetPicker.module.css";

const pictures: readonly { mark: Mark; name: string; Icon: typeof Eye }[] = [
  { mark: "vision", name: "reads images", Icon: Eye },
  { mark: "reasoning", name: "reasons", Icon: Brain },
  { mark: "tools", name: "calls tools", Icon: Wrench },
  { mark: "web", name: "searches the web", Icon: Globe },
  { mark: "local", name: "on this machine", Icon: HardDrive },
];

type Props = { entry: Entry; chosen: boolean; favourite: boolean; onStar: () => void };

/** A model in one line: its name, what it can do, how much it reads and what it costs. */
export function ModelRow({ entry, chosen, favourite, onStar }: Props) {
  const { model, blocked } = entry;
  const provider = providerOf(model.target);
  return (
    <>
      <span className={styles.tick}>{chosen && <Check size={14} />}</span>
      {/* Hundreds of models may be listed: only those that were asked take a hue. */}
      <i
        className={styles.dot}
        data-hue={chosen || hasHue(model.target) ? hueNumberOf(model.target) : undefined}
      />
      <bdi className={styles.name} title={model.target}>
        {provider && <span className={styles.quiet}>{provider}/</span>}
        {provider ? model.target.slice(provider.length + 1) : model.target}
      </bdi>
      {blocked ? (
        <span className={styles.fact}>
          {blocked.why} · <span className={styles.way}>{blocked.way}</span>
        </span>
      ) : entry.route !== undefined ? (
        <span className={styles.fact}>{entry.route}</span>
      ) : (
        <>
          <span className={styles.marks}>
            {pictures.map(({ mark, name, Icon }) => (
              <span key={mark} title={entry.marks.has(mark) ? name : undefined}>
                {entry.marks.has(mark) && <Icon size={12} role="img" aria-label={name} />}
              </span>
            ))}
          </span>
          <span className={styles.window}>
            {model.contextWindow !== null && (
              <>
                {shortCount(model.contextWindow)}
                <span className="srOnly"> context</span>
              </>
            )}
          </span>
          <span className={styles.price}>
            {model.simulated ? (
              <>
                <FlaskConical size={12} /> simulated
              </>
            ) : (
              price(model.prices)
            )}
          </span>
        </>
      )}
      {/* By keyboard it is Alt+S: an option may hold no control. */}
      <span
        className={styles.star}
        data-on={favourite || undefined}
        title={favourite ? "No longer a favourite (Alt S)" : "Make it a favourite (Alt S)"}
        onClick={(event) => {
          event.stopPropagation();
          onStar();
        }}
      >
        <Star size={14} aria-hidden={!favourite} aria-label={favourite ? "favourite" : undefined} />
      </span>
    </>
  );
}
