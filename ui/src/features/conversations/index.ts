export { useConversations, useStreamingCount } from "./api";
export { ConversationList, type Found } from "./ConversationList";
export { newFolder } from "./filing";
export { rememberList } from "./view";
