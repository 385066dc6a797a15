export { AboutPage } from "./AboutPage";
export { AppearancePage, type AnswerSize, type Theme } from "./AppearancePage";
export { DataPage } from "./DataPage";
export { section, sections, useSettings, type SectionId } from "./sections";
export { SettingsNav } from "./SettingsNav";
export { ShortcutsPage } from "./ShortcutsPage";
