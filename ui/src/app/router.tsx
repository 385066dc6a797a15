import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  useNavigate,
  useParams,
} from "@tanstack/react-router";
import { useCallback } from "react";
import type { ConversationId } from "@/ipc";
import { App } from "./App";

function Root() {
  const { conversation = null } = useParams({ strict: false });
  const navigate = useNavigate();
  const go = useCallback(
    (id: ConversationId | null) =>
      void (id ? navigate({ to: "/c/$conversation", params: { conversation: id } }) : navigate({ to: "/" })),
    [navigate],
  );
  return <App conversation={conversation} go={go} />;
}

const root = createRootRoute({ component: Root });
const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/" }),
  createRoute({ getParentRoute: () => root, path: "/c/$conversation" }),
]);

/** The address is kept in the hash: a reload comes back to it, and the shell serves one file. */
export const router = createRouter({ routeTree, history: createHashHistory() });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
