/** What stands where nothing was asked yet. */
export { NewConversation, Welcome } from "@/features/providers";
