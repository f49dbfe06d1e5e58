//! Knows when the process is a child that was forked with our state in its memory.
//!
//! A forked child has a copy of everything but the threads: queues whose worker is gone, locks that another thread held,
//! sockets that belong to the parent. `os.register_at_fork` is no cure, since uWSGI forks in C and never runs those
//! hooks. So one page of memory is marked [`MADV_WIPEONFORK`]: the kernel gives every child a page of zeroes, whoever
//! called `fork`, and looking at it costs one load.
//!
//! [`MADV_WIPEONFORK`]: https://man7.org/linux/man-pages/man2/madvise.2.html

#![expect(
    unsafe_code,
    reason = "a page shared with the kernel, and values that must outlive a fork untouched"
)]

use std::marker::PhantomData;
use std::ptr;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The number of this process among its forked ancestors that asked: it differs between a parent and its children.
pub fn generation() -> u64 {
    let Some(page) = page() else {
        return u64::from(std::process::id());
    };
    match page.load(Ordering::Acquire) {
        0 => {
            // The page was wiped (or is new). The counter is ordinary memory, copied by the fork, so it goes on from
            // the parent's. Two threads of the child may race here: the first to write wins, both read the same.
            static LAST: AtomicU64 = AtomicU64::new(0);
            let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            match page.compare_exchange(0, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => next,
                Err(theirs) => theirs,
            }
        }
        generation => generation,
    }
}

/// The page, where there is one. Without it the process id stands in: slower, but a fork never goes unnoticed.
#[cfg(target_os = "linux")]
fn page() -> Option<&'static AtomicU64> {
    static PAGE: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    // No page to be had: a kernel before 4.14, a sandbox that does not know the advice, or no memory.
    *PAGE.get_or_init(map_wiped_page)
}

#[cfg(target_os = "linux")]
fn map_wiped_page() -> Option<&'static AtomicU64> {
    use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};
    let length = std::num::NonZeroUsize::new(4096)?;
    // SAFETY: a new private mapping at an address of the kernel's choice touches no memory of ours.
    let page = unsafe {
        mmap_anonymous(
            None,
            length,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_PRIVATE,
        )
    }
    .ok()?;
    // SAFETY: `page` is the mapping made above, `length` bytes long, and nothing refers to it yet.
    unsafe { madvise(page, length.get(), MmapAdvise::MADV_WIPEONFORK) }.ok()?;
    // SAFETY: the mapping is page-aligned, zeroed (a valid AtomicU64), and never unmapped.
    Some(unsafe { page.cast::<AtomicU64>().as_ref() })
}

/// Elsewhere there is none; untested.
#[cfg(not(target_os = "linux"))]
const fn page() -> Option<&'static AtomicU64> {
    None
}

/// A value that each process makes for itself: a forked child gets a new one, and the parent's copy in the child's
/// memory is neither used nor dropped, since its locks may be held and its sockets are the parent's.
pub(crate) struct PerProcess<T> {
    slot: AtomicPtr<Slot<T>>,
    /// A pointer may go to any thread; what it points to only if it says so itself.
    owns: PhantomData<T>,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

struct Slot<T> {
    generation: u64,
    value: T,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let slot = Slot {
            generation: generation(),
            value: make(),
        };
        Self {
            slot: AtomicPtr::new(Box::into_raw(Box::new(slot))),
            owns: PhantomData,
            make: Box::new(make),
        }
    }

    /// This process's value.
    pub(crate) fn get(&self) -> &T {
        let pointer = self.slot.load(Ordering::Acquire);
        // SAFETY: `slot` always holds a pointer from `Box::into_raw`, freed only in `drop`, which `&self` excludes.
        let slot = unsafe { &*pointer };
        if slot.generation == generation() {
            &slot.value
        } else {
            self.renew(pointer)
        }
    }

    #[cold]
    fn renew(&self, inherited: *mut Slot<T>) -> &T {
        let made = Box::into_raw(Box::new(Slot {
            generation: generation(),
            value: (self.make)(),
        }));
        match self
            .slot
            .compare_exchange(inherited, made, Ordering::AcqRel, Ordering::Acquire)
        {
            // SAFETY: `made` is valid and now owned by `self.slot`; `inherited` is leaked on purpose (see the type).
            Ok(_) => unsafe { &(*made).value },
            Err(theirs) => {
                // SAFETY: `made` came from `Box::into_raw` above and was never shared.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: another thread of this child stored `theirs` just now, from `Box::into_raw`.
                unsafe { &(*theirs).value }
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let pointer = std::mem::replace(self.slot.get_mut(), ptr::null_mut());
        // SAFETY: `pointer` came from `Box::into_raw`, and `&mut self` means nobody else holds it.
        let slot = unsafe { Box::from_raw(pointer) };
        if slot.generation != generation() {
            // The value is the parent's: dropping it here could unlock, close or wait for what is not ours.
            let _leaked = Box::into_raw(slot);
        }
    }
}

impl<T> std::fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PerProcess").finish_non_exhaustive()
    }
}
