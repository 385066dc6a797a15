export { useConversations, useStreamingCount } from "./api";
export { ConversationList } from "./ConversationList";
