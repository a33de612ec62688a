"""The three things one can do with a RingOut."""

from __future__ import annotations

from ringout.config import Config, phone_hosts
from ringout.domain import policy
from ringout.domain.account import Principal
from ringout.domain.errors import DestinationBarred, NotEnoughFunds, NotFound, Unavailable
from ringout.domain.hunted import phone_records
from ringout.domain.plan import CallPlan
from ringout.domain.policy import Asker, CallRequest, Rules
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.service.accounts import Accounts
from ringout.service.funds import Funds
from ringout.service.ports import CallEngine, Clock, IdSource, LogQuery, Reservation, RingOutStore
from ringout.service.ring_out_ids import RingOutIds

MOST_RECENT = 256
_RETRY_AFTER_STORAGE_SECONDS = 5


class RingOuts:
    """Places, shows and cancels. Another extension's RingOut does not exist for the asker."""

    def __init__(
        self,
        store: RingOutStore,
        engine: CallEngine,
        accounts: Accounts,
        clock: Clock,
        ids: IdSource,
        config: Config,
        funds: Funds,
    ) -> None:
        self._store = store
        self._engine = engine
        self._accounts = accounts
        self._funds = funds
        self._clock = clock
        self._new_ids = RingOutIds(clock, ids, store.last_id)
        self._node = config.node
        self._keep_seconds = config.call.keep_results_seconds
        self._keep_rows_seconds = max(self._keep_seconds, config.call.keep_log_days * 86400)
        self._rules = Rules(
            tuple(prefix for trunk in config.trunks for prefix in trunk.prefixes),
            phone_hosts(config),
        )

    async def create(self, principal: Principal, request: CallRequest) -> RingOut:
        """The RingOut as it is now: stored, and about to ring. Raises a Refused, NotFound or Unavailable."""
        asker = self._asker(principal)
        plan = policy.check(request, asker, self._rules)
        ring_out = self._new(plan)
        if asker.account.prepaid:
            ring_out = self._reserve_funds(ring_out, request)
        reservation = None
        try:
            reservation = self._engine.reserve(plan)
            await reservation.ready()
            await self._store.add(ring_out)
        except OSError as error:
            self._give_back(reservation, ring_out)
            raise Unavailable("The RingOut cannot be stored.", _RETRY_AFTER_STORAGE_SECONDS) from error
        except BaseException:
            self._give_back(reservation, ring_out)
            raise
        reservation.place(ring_out, plan)
        return ring_out

    def _reserve_funds(self, ring_out: RingOut, request: CallRequest) -> RingOut:
        try:
            return self._funds.reserve(ring_out)
        except (DestinationBarred, NotEnoughFunds) as refusal:
            if refusal.parameter.startswith("from"):
                refusal.parameter = request.caller_field
            refusal.value = request.sent(refusal.parameter, refusal.value)
            raise

    def _give_back(self, reservation: Reservation | None, ring_out: RingOut) -> None:
        if reservation is not None:
            reservation.release()
        if ring_out.prices is not None:
            self._funds.release(ring_out)

    async def get(self, principal: Principal, ring_out_id: int) -> RingOut:
        """Raises NotFound: never there, not the asker's, or ended longer ago than results are kept."""
        ring_out = await self._store.get(ring_out_id)
        if (
            ring_out is None
            or ring_out.extension_id != principal.extension_id
            or (ring_out.ended_at is not None and ring_out.ended_at + self._keep_seconds <= self._clock.wall())
        ):
            raise NotFound("ringOutId")
        return ring_out

    def live(self, principal: Principal) -> list[RingOut]:
        """Those of the user that have not ended, oldest first."""
        return [r for r in self._store.live() if r.extension_id == principal.extension_id]

    async def recent(self, principal: Principal) -> list[RingOut]:
        """Those of the user that get would show, oldest first; of very many the newest."""
        ended_after = self._clock.wall() - self._keep_seconds
        query = LogQuery(principal.account_id, principal.extension_id, ended_after=ended_after)
        return (await self._store.history(query, 0, MOST_RECENT))[::-1]

    async def cancel(self, principal: Principal, ring_out_id: int) -> None:
        """Takes both legs down, in whatever state they are. Raises NotFound also when the RingOut has ended."""
        ring_out = await self.get(principal, ring_out_id)
        if ring_out.ended_at is not None:
            raise NotFound("ringOutId")
        # False = its end is under way and not yet stored: for the user the same as a cancel that worked.
        self._engine.cancel(ring_out_id)

    async def remove_old(self) -> int:
        """Deletes what is to be read neither as a result nor in the call log any more; says how many. To be called
        every few seconds."""
        return await self._store.remove_ended_before(self._clock.wall() - self._keep_rows_seconds)

    def _asker(self, principal: Principal) -> Asker:
        accounts = self._accounts
        return Asker(
            accounts.account(principal.account_id),
            accounts.extension(principal.extension_id),
            accounts.colleagues(principal.account_id),
        )

    def _caller(self, plan: CallPlan) -> LegRecord:
        phones = phone_records(plan, self._accounts.extension(plan.extension_id).number)
        # A phone that has no number goes by its name.
        label = plan.caller_phones[0].label if len(plan.caller_phones) == 1 and not plan.caller_number else ""
        return LegRecord(plan.caller_number, extension=plan.caller_extension, label=label, phones=phones)

    def _new(self, plan: CallPlan) -> RingOut:
        return RingOut(
            id=self._new_ids.next(),
            account_id=plan.account_id,
            extension_id=plan.extension_id,
            node=self._node,
            caller=self._caller(plan),
            callee=LegRecord(plan.callee_number, extension=plan.callee_extension),
            caller_id=plan.caller_id,
            play_prompt=plan.play_prompt,
            created_at=self._clock.wall(),
        )
