// What has been read, shared by all screens.

import { QueryClient, useQuery } from "@tanstack/react-query";
import { api, must, type Problem, Refused, type Schemas } from "./api";

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Nothing asks by itself: whoever looks away lets the session's idle time run.
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof Refused && error.status >= 502,
    },
  },
});

export type Me = Schemas["Me"];

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: () => must(api.GET("/identity/v1/me")), staleTime: Number.POSITIVE_INFINITY });

/** Whether whoever is signed in holds a right. */
export function useMay(): (right: string) => boolean {
  const rights = useMe().data?.rights ?? [];
  return (right) => rights.includes(right);
}

export type { Problem };
